//! The command line: one file per verb. Data go to stdout, everything else to stderr.

// First: its macros are those of all that follow.
#[macro_use]
mod output;

mod args;
mod best;
mod cache;
mod check;
mod compare;
mod context;
mod evaluate;
mod exit;
mod export;
mod failure;
mod features;
mod ls;
mod new;
mod pages;
mod plan;
mod predict;
mod quantity;
mod report;
mod run;
mod schema;
mod show;
mod signals;
mod sweep;
mod watch;
mod weights;

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Verb};
use context::Context;
use failure::Failure;

use crate::files::fault;

/// Runs the command line and gives its exit code.
pub fn main() -> ExitCode {
    crate::weights::silence_parsers();
    let ended = catch_unwind(carry_out).unwrap_or_else(|_| Err(Failure::bug()));
    if let Some(seen) = fault::armed_and_seen() {
        eprintln!("fault plan: {seen} operations seen");
    }
    match ended.and_then(|exit| output::lost().map(|()| exit)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprint!("{}", failure.text);
            failure.exit.into()
        }
    }
}

fn carry_out() -> Result<exit::Exit, Failure> {
    let cli = Cli::parse();
    arm_faults()?;
    dispatch(Context::new(&cli.global)?, &cli.verb)
}

/// Tests let chosen operations on the disk fail: `FROSTLINE_FAULT=write:3:ENOSPC`.
fn arm_faults() -> Result<(), Failure> {
    let Some(plan) = std::env::var_os("FROSTLINE_FAULT") else { return Ok(()) };
    fault::arm(&plan.to_string_lossy()).map_err(|error| Failure::new(exit::Exit::Usage, &error, None))
}

fn dispatch(context: Context, verb: &Verb) -> Result<exit::Exit, Failure> {
    let context = match verb {
        Verb::Watch(args) => return watch::run(context, args),
        _ => &context,
    };
    match verb {
        Verb::New(args) => new::run(context, args),
        Verb::Check(args) => check::run(context, args),
        Verb::Plan(args) => plan::run(context, args),
        Verb::Features(args) => features::run(context, args),
        Verb::Run(args) => run::run(context, args),
        Verb::Predict(args) => predict::run(context, args),
        Verb::Evaluate(args) => evaluate::run(context, args),
        Verb::Sweep(args) => sweep::run(context, args),
        Verb::SweepTask(args) => sweep::task::run(context, args),
        Verb::Export(args) => export::run(context, args),
        Verb::Weights { verb } => weights::run(context, verb),
        Verb::Ls(args) => ls::run(context, args),
        Verb::Show(args) => show::run(context, args),
        Verb::Compare(args) => compare::run(context, args),
        Verb::Best(args) => best::run(context, args),
        Verb::Report(args) => report::run(context, args),
        Verb::Watch(_) => unreachable!("it has been taken"),
        Verb::Cache(args) => cache::run(context, args),
        Verb::Schema => schema::schema(),
        Verb::Completions { shell } => schema::completions(*shell),
    }
}
