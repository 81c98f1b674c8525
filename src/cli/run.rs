//! `frostline run FILE…`: the main job.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::args::{Run, StageName};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Lines;
use crate::event::Stage;
use crate::spec::OnDisk;
use crate::stages::{self, Outcome, Request};
use crate::stop::StopToken;

pub fn run(context: &Context, args: &Run) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let mut worst = Exit::Success;
    for file in &args.files {
        let experiment = context.load(file, &args.set, OnDisk::Checked)?;
        let runs = context.runs_of(&experiment.project_root);
        let prepared = stages::prepare(experiment)?;
        let reporter = Lines::new(&context.clock, args.quiet);
        let request = Request {
            prepared: &prepared,
            runs: &runs,
            force: args.force.map(stage),
            reporter: &reporter,
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

fn stage(name: StageName) -> Stage {
    match name {
        StageName::Bottleneck => Stage::Bottleneck,
        StageName::Top => Stage::Top,
        StageName::FineTune => Stage::FineTune,
    }
}

/// A token that the first Ctrl-C or SIGTERM asks to stop. The second ends the process at once.
fn stop_on_signals() -> std::io::Result<StopToken> {
    let stop = StopToken::new();
    let asked = stop.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if asked.is_requested() {
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            eprintln!("stopping after this batch; once more stops at once");
            asked.request();
        }
    });
    Ok(stop)
}
