//! `frostline features FILE --out DIR`: the bottleneck features as the blog saves them.

use super::args::Features;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::signals::stop_on_signals;
use crate::spec::OnDisk;
use crate::stages::{self, Request};

pub fn run(context: &Context, args: &Features) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let experiment = context.load(&args.experiment.file, &args.experiment.set, OnDisk::Checked)?;
    let runs = context.runs_of(&experiment.project_root);
    let prepared = stages::prepare(experiment, &runs)?;
    let reporter = context.reporter(args.quiet);
    let request = Request {
        prepared: &prepared,
        runs: &runs,
        force: None,
        reporter: reporter.as_ref(),
        stop: &stop,
        clock: &context.clock,
    };
    stages::write_features(&request, &args.out)?;
    println!("{}", args.out.display());
    Ok(Exit::Success)
}
