//! `frostline best NAME`: the best of an experiment's finished runs.

use super::args::Best;
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use super::sweep::reference;
use crate::report::{self, Objective, SweepView};
use crate::runs::{self, RunError, Runs};

pub fn run(context: &Context, args: &Best) -> Result<Exit, Failure> {
    let all = context.runs_here();
    let list = pages::named(&all, &[format!("{}@all", args.name)])?;
    let views = pages::views(&all, &list)?;
    let sweep = latest_sweep(&all, &args.name)?;
    let objective = args.objective.unwrap_or_else(|| told_default(&args.name, sweep.as_ref()));
    let best = report::best(&views, objective);
    let run = best.and_then(|best| list.iter().find(|run| run.id().to_string() == best.id));
    let run = run.ok_or_else(|| RunError::NoBest { name: args.name.clone() })?;
    if let Some(sweep) = &sweep {
        tell_seeds(sweep, &run.id().to_string());
    }
    print!("{}", runs::table_of(&runs::rows(&all, std::slice::from_ref(run))).render(table_format(args.format)));
    Ok(Exit::Success)
}

/// The latest sweep of an experiment, if it has one with results.
fn latest_sweep(runs: &Runs, name: &str) -> Result<Option<SweepView>, RunError> {
    let folder = reference::find(runs, &format!("{name}@sweep"))?;
    Ok(folder.and_then(|folder| SweepView::load(&folder).ok()))
}

/// What runs are compared by where the command line says nothing; where that is not what `NAME@best` goes by, it is said.
fn told_default(name: &str, sweep: Option<&SweepView>) -> Objective {
    let objective = sweep.map_or(Objective::DEFAULT, |sweep| sweep.objective);
    if objective != Objective::DEFAULT {
        eprintln!("by {objective}, the objective of its latest sweep; `{name}@best` is by {}", Objective::DEFAULT);
    }
    objective
}

/// Says where a run is one of the repeats of a point.
fn tell_seeds(sweep: &SweepView, run: &str) {
    let trial = sweep.trials.iter().find(|trial| trial.runs.iter().any(|own| own == run));
    if let Some(trial) = trial.filter(|trial| trial.runs.len() > 1) {
        let (seeds, point, id) = (trial.runs.len(), &trial.point, &sweep.id);
        eprintln!(
            "this is one of {seeds} seeds of point {point}; trials.csv of the sweep {id} compares points by their means"
        );
    }
}
