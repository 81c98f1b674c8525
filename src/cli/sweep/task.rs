//! `frostline sweep-task DIR --point N`: one job's part of a frozen sweep, for schedulers.

use super::work::{load_frozen, with_tools};
use crate::cli::args::{SharedPart, SweepTask};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::signals::stop_on_signals;
use crate::report::{Detail, SweepLines};
use crate::runs::{Runs, State};
use crate::stages::{Part, Preparer};
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
    let index = if args.results { index.wanted(&table) } else { index };
    let runs = Runs::at(dir.runs(), std::sync::Arc::clone(&context.clock));
    let reporter = SweepLines::new(std::io::stderr(), &table.objective.to_string(), Detail::Epochs);
    let preparer = Preparer::new(&runs);
    with_tools(context, (&runs, &stop, &reporter), |tools| {
        let options = Options { retry: args.retry.iter().map(|it| (*it).into()).collect(), ..Options::default() };
        let session = Session::new((&base, &table), (&dir, index), (tools, &preparer), options);
        let state = carry_out(args, &session)?;
        Ok(match state {
            _ if stop.is_requested() => Exit::Interrupted,
            State::Done | State::Pruned => Exit::Success,
            State::Interrupted | State::Running => Exit::Interrupted,
            State::Failed | State::Diverged => Exit::Failed,
        })
    })
}

/// Does the job's part, and says how it ended.
fn carry_out(args: &SweepTask, session: &Session<'_>) -> Result<State, SweepError> {
    match (&args.point, args.shared) {
        (Some(point), Some(part)) => session.warm(point, part.into())?,
        (Some(point), None) => {
            let chosen = session.take(point)?;
            return chosen.map_or(Ok(State::Done), |chosen| session.carry_out(&chosen));
        }
        (None, _) if args.next => session.carry_out_all()?,
        (None, _) => drop(session.finish()?),
    }
    Ok(State::Done)
}

impl From<SharedPart> for Part {
    fn from(part: SharedPart) -> Self {
        match part {
            SharedPart::Bottleneck => Self::Features,
            SharedPart::FrozenPart => Self::Cut,
            SharedPart::Top => Self::Top,
        }
    }
}
