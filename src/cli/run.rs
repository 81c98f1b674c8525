//! `frostline run FILE…`: the main job.

use super::args::Run;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::signals::stop_on_signals;
use crate::spec::OnDisk;
use crate::stages::{self, Outcome, Request};

pub fn run(context: &Context, args: &Run) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let mut worst = Exit::Success;
    for file in &args.files {
        let experiment = context.load(file, &args.set, OnDisk::Checked)?;
        let runs = context.runs_of(&experiment.project_root);
        let prepared = stages::prepare(experiment)?;
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
            Ok(Outcome::Done(run) | Outcome::AlreadyDone(run)) => println!("{}", run.path().display()),
            Ok(Outcome::Interrupted(_)) => return Ok(Exit::Interrupted),
            Err(error) => {
                let failure = Failure::from(error);
                eprint!("{}", failure.text);
                worst = failure.exit;
            }
        }
    }
    Ok(worst)
}
