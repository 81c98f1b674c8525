//! `frostline run FILE…`: the main job.

use super::args::Run;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use super::signals::stop_on_signals;
use crate::runs::Runs;
use crate::spec::{Experiment, OnDisk};
use crate::stages::{self, Outcome, Prepared, Request};
use crate::stop::StopToken;

/// Runs one after the other, each whatever became of those before; ends as the first that failed.
pub fn run(context: &Context, args: &Run) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let mut first = Exit::Success;
    for experiment in loaded(context, args)? {
        let exit = carry_out(context, args, experiment, &stop).unwrap_or_else(|failure| {
            eprint!("{}", failure.text);
            failure.exit
        });
        first = if first == Exit::Success { exit } else { first };
        if exit == Exit::Interrupted {
            return Ok(exit);
        }
    }
    Ok(first)
}

/// All experiments, before the first of them runs: a mistake in the last file is not to be found hours later.
fn loaded(context: &Context, args: &Run) -> Result<Vec<Experiment>, Failure> {
    let load = |file| context.load(file, &args.experiments.set, OnDisk::Checked);
    let (mut loaded, mut problems) = (Vec::new(), None::<Failure>);
    for file in &args.experiments.files {
        match (load(file), &mut problems) {
            (Ok(experiment), _) => loaded.push(experiment),
            (Err(failure), Some(problems)) => problems.text += &failure.text,
            (Err(failure), none) => *none = Some(failure),
        }
    }
    problems.map_or(Ok(loaded), Err)
}

fn carry_out(context: &Context, args: &Run, experiment: Experiment, stop: &StopToken) -> Result<Exit, Failure> {
    let runs = context.runs_of(&experiment.project_root);
    let prepared = stages::prepare(experiment, &runs)?;
    let reporter = context.reporter(args.quiet);
    let request = Request {
        prepared: &prepared,
        runs: &runs,
        force: args.force.map(Into::into),
        reporter: reporter.as_ref(),
        stop,
        clock: &context.clock,
    };
    match stages::run(&request)? {
        Outcome::Interrupted(_) => Ok(Exit::Interrupted),
        outcome @ (Outcome::Done(_) | Outcome::AlreadyDone(_)) => show(&runs, &prepared, &outcome),
    }
}

/// Says where a run lies that is done, once it has its report.
fn show(runs: &Runs, prepared: &Prepared, outcome: &Outcome) -> Result<Exit, Failure> {
    let completed = pages::complete(runs, prepared, outcome);
    if let Outcome::Done(run) | Outcome::AlreadyDone(run) = outcome {
        println!("{}", run.path().display());
    }
    completed.map(|()| Exit::Success)
}
