//! `frostline ls`: the runs there are.

use super::args::Ls;
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use crate::runs;

pub fn run(context: &Context, args: &Ls) -> Result<Exit, Failure> {
    let all = context.runs_here();
    let mut list = all.list(None)?;
    list.retain(|run| args.names.is_empty() || args.names.iter().any(|name| name == run.name()));
    print!("{}", runs::table_of(&runs::rows(&all, &list)).render(table_format(args.format)));
    Ok(Exit::Success)
}
