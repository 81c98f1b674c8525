//! `frostline best NAME`: the best of an experiment's finished runs.

use super::args::Best;
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use crate::report;
use crate::runs::{self, RunError};

pub fn run(context: &Context, args: &Best) -> Result<Exit, Failure> {
    let all = context.runs_here();
    let list = pages::named(&all, &[format!("{}@all", args.name)])?;
    let views = pages::views(&all, &list)?;
    let best = report::best(&views, args.objective);
    let run = best.and_then(|best| list.iter().find(|run| run.id().to_string() == best.id));
    let run = run.ok_or_else(|| RunError::NoBest { name: args.name.clone() })?;
    print!("{}", runs::table_of(&runs::rows(&all, std::slice::from_ref(run))).render(table_format(args.format)));
    Ok(Exit::Success)
}
