//! `frostline run FILE…`: the main job.

use super::args::Run;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use super::signals::stop_on_signals;
use crate::runs::Runs;
use crate::spec::OnDisk;
use crate::stages::{self, Outcome, Prepared, Request};

pub fn run(context: &Context, args: &Run) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let mut worst = Exit::Success;
    for file in &args.experiments.files {
        let experiment = context.load(file, &args.experiments.set, OnDisk::Checked)?;
        let runs = context.runs_of(&experiment.project_root);
        let prepared = stages::prepare(experiment, &runs)?;
        let reporter = context.reporter(args.quiet);
        let request = Request {
            prepared: &prepared,
            runs: &runs,
            force: args.force.map(Into::into),
            reporter: reporter.as_ref(),
            stop: &stop,
            clock: &context.clock,
        };
        match stages::run(&request) {
            Ok(Outcome::Interrupted(_)) => return Ok(Exit::Interrupted),
            Ok(outcome) => worst = show(&runs, &prepared, &outcome).unwrap_or(worst),
            Err(error) => {
                let failure = Failure::from(error);
                eprint!("{}", failure.text);
                worst = failure.exit;
            }
        }
    }
    Ok(worst)
}

/// Says where a run lies that is done, once it has its report.
fn show(runs: &Runs, prepared: &Prepared, outcome: &Outcome) -> Option<Exit> {
    let failure = pages::complete(runs, prepared, outcome).err();
    if let Outcome::Done(run) | Outcome::AlreadyDone(run) = outcome {
        println!("{}", run.path().display());
    }
    let failure = failure?;
    eprint!("{}", failure.text);
    Some(failure.exit)
}
