//! `frostline sweep-task DIR --point N`: one frozen point of a sweep, for schedulers; `--results` writes what all of them came to.

use super::args::SweepTask;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::signals::stop_on_signals;
use super::sweep::{load_frozen, with_tools};
use crate::report::SweepLines;
use crate::runs::{Runs, State};
use crate::stages::Preparer;
use crate::sweep::{Options, Session, SweepDir, SweepError};

pub fn run(context: &Context, args: &SweepTask) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let none = || SweepError::NotFound { wanted: format!("sweep in `{}`", args.folder.display()) };
    let dir = std::fs::canonicalize(&args.folder).ok().and_then(|path| SweepDir::at(&path)).ok_or_else(none)?;
    let index = dir.index()?.ok_or_else(none)?;
    let file = dir.file("sweep.toml");
    let base = load_frozen(context, &file, index.project.as_deref());
    let base = base.map_err(|problems| Failure::of_spec(&problems, context.colour))?;
    let Some(table) = base.sweep.clone() else { return Err(SweepError::NoSweep { file }.into()) };
    let runs = Runs::at(dir.runs(), std::sync::Arc::clone(&context.clock));
    let reporter = SweepLines::new(std::io::stderr(), &table.objective.to_string(), false);
    let preparer = Preparer::default();
    with_tools(context, (&runs, &stop, &reporter), |tools| {
        let options = Options { retry: args.retry.iter().map(|it| (*it).into()).collect(), ..Options::default() };
        let session = Session::new((&base, &table), (&dir, index), (tools, &preparer), options);
        let Some(point) = args.point else {
            session.finish()?;
            return Ok(Exit::Success);
        };
        let Some(chosen) = session.take(point, args.seed)? else { return Ok(Exit::Success) };
        Ok(match session.carry_out(&chosen)? {
            State::Done | State::Pruned => Exit::Success,
            State::Interrupted | State::Running => Exit::Interrupted,
            State::Failed | State::Diverged => Exit::Failed,
        })
    })
}
