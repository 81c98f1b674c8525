//! Doing a task, to its end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::SweepError;
use super::event::{PointRun, SweepEvent};
use super::index::Task;
use super::reached::Record;
use super::session::{Chosen, OnFailure, Session};
use super::told::{Judge, Told};
use super::tools::Tools;
use crate::runs::State;
use crate::stages::{self, Outcome, Prepared, Request, StageError};
use crate::stop::StopToken;

impl Session<'_> {
    /// Works on a task to its end, and says how it ended.
    ///
    /// # Errors
    ///
    /// Results that cannot be written. A task that fails is no error of the sweep.
    pub fn carry_out(&self, chosen: &Chosen) -> Result<State, SweepError> {
        let Chosen { task, .. } = chosen;
        let begun = self.tools.clock.monotonic();
        let run = self.point_run(task);
        self.tools.reporter.event(&SweepEvent::Began { run: run.clone() });
        let (state, error) = match catch_unwind(AssertUnwindSafe(|| self.run(task, &run))) {
            Ok(Ok(state)) => (state, None),
            Ok(Err(error)) => (error.state(), error.text(&self.tools)),
            Err(_) => (State::Failed, Some("stopped by a bug".to_owned())),
        };
        self.end(task);
        let failed = matches!(state, State::Failed | State::Diverged);
        if failed && self.options.on_failure == OnFailure::Stop {
            self.stop.request();
        }
        let elapsed = self.tools.clock.monotonic() - begun;
        self.tell(task, run, (state, error), elapsed)?;
        Ok(state)
    }

    fn run(&self, task: &Task, run: &PointRun) -> Result<State, Failed> {
        let prepared = self.prepared(task).map_err(Failed::Sweep)?;
        let token = self.stop.child();
        let judge = self.judge(task, &prepared, &token).map_err(Failed::Sweep)?;
        let told = Told { session: self, run, judge };
        let request = Request {
            prepared: &prepared,
            runs: self.tools.runs,
            force: None,
            reporter: &told,
            stop: &token,
            clock: self.tools.clock,
        };
        match stages::run_as(&request, Some(task.number)).map_err(Failed::Stage)? {
            Outcome::Done(run) | Outcome::AlreadyDone(run) => {
                told.judge.map_or(Ok(()), |judge| judge.end(&run)).map_err(Failed::Sweep)?;
                (self.tools.finish)(&run, &prepared);
                Ok(State::Done)
            }
            Outcome::Interrupted(_) if token.is_given_up() => Ok(State::Pruned),
            Outcome::Interrupted(_) => Ok(State::Interrupted),
        }
    }

    /// Who decides whether a run is worth going on; nobody where there is no rule. One that is done again although it was pruned is to come
    /// to its end, however often it is interrupted on its way: that is noted first.
    fn judge<'j>(
        &'j self,
        task: &Task,
        prepared: &Prepared,
        stop: &'j StopToken,
    ) -> Result<Option<Judge<'j>>, SweepError> {
        let Some(pruner) = &self.sweep.pruner else { return Ok(None) };
        let found = self.tools.runs.find(&self.index().name, &task.identity)?;
        if found.is_some_and(|(_, state)| state == State::Pruned) {
            Record::exempt(&self.dir.reached_file(task))?;
        }
        Ok(Some(Judge::new(self, (task, &prepared.experiment), pruner, stop)))
    }
}

/// Why a task could not be done.
enum Failed {
    Sweep(SweepError),
    Stage(StageError),
}

impl Failed {
    fn state(&self) -> State {
        match self {
            Self::Stage(StageError::Diverged { .. }) => State::Diverged,
            Self::Stage(StageError::Interrupted { .. }) | Self::Sweep(SweepError::Stopped) => State::Interrupted,
            Self::Stage(_) | Self::Sweep(_) => State::Failed,
        }
    }

    fn text(self, tools: &Tools<'_>) -> Option<String> {
        match self {
            Self::Stage(StageError::Interrupted { .. }) | Self::Sweep(SweepError::Stopped) => None,
            Self::Stage(error) | Self::Sweep(SweepError::Stage(error)) => Some((tools.explain)(error)),
            Self::Sweep(error) => Some(error.to_string()),
        }
    }
}
