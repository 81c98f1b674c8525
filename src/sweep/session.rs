//! One process's work on a sweep: which task is next, doing it, and what came of it.

use std::collections::{BTreeMap, HashSet};

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::SweepError;
use super::event::{PointRun, SweepEvent};
use super::folder::SweepDir;
use super::index::{Index, Task};
use super::tools::Tools;
use crate::digest::Digest;
use crate::event::{Event, Warning};
use crate::files::Lock;
use crate::runs::State;
use crate::spec::Experiment;
use crate::spec::knobs::Strategy;
use crate::spec::model::Sweep;
use crate::stages::{self, Prepared, Preparer, Shares};
use crate::stop::StopToken;

/// What a failure does to the other points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They go on.
    #[default]
    GoOn,
    /// The sweep stops.
    Stop,
}

/// How a sweep is to be carried out.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What a failure does.
    pub on_failure: OnFailure,
    /// Points that ended so are taken up again; those that failed, or were interrupted, are anyway.
    pub retry: Vec<State>,
}

impl Options {
    /// Whether a run in this state is to be worked on.
    pub(super) fn is_open(&self, state: State) -> bool {
        match state {
            State::Running | State::Interrupted | State::Failed => true,
            State::Diverged | State::Pruned => self.retry.contains(&state),
            State::Done => false,
        }
    }
}

/// A process's work on a sweep.
pub struct Session<'a> {
    pub(super) base: &'a Experiment,
    pub(super) sweep: &'a Sweep,
    pub(super) dir: &'a SweepDir,
    pub(super) tools: Tools<'a>,
    pub(super) preparer: &'a Preparer,
    pub(super) options: Options,
    /// Stops all of the session's runs.
    pub(super) stop: StopToken,
    pub(super) index: Mutex<Index>,
    memory: Mutex<Memory>,
}

/// What a session remembers of its own work; never the truth about a run.
#[derive(Default)]
pub(super) struct Memory {
    /// Tasks that this session has begun.
    pub tried: HashSet<String>,
    /// Tasks that cannot change any more.
    pub closed: BTreeMap<String, State>,
    /// Trainings that are going on in this session.
    pub busy: Vec<Digest>,
    pub shares: BTreeMap<String, Shares>,
    pub best: Option<(PointRun, f64)>,
    pub written: Duration,
    /// It was said that the space has fewer points than are wanted.
    pub is_exhausted: bool,
}

/// A task, with the right to work on it.
pub struct Chosen {
    pub(super) task: Task,
    _lock: Lock,
}

impl Chosen {
    pub(super) fn new(task: Task, lock: Lock) -> Self {
        Self { task, _lock: lock }
    }
}

impl<'a> Session<'a> {
    /// Work on a frozen sweep.
    pub fn new(
        (base, sweep): (&'a Experiment, &'a Sweep),
        (dir, index): (&'a SweepDir, Index),
        (tools, preparer): (Tools<'a>, &'a Preparer),
        options: Options,
    ) -> Self {
        preparer.keep_to(&index.init);
        let stop = tools.stop.child();
        let memory = Mutex::default();
        Self { base, sweep, dir, tools, preparer, options, stop, index: Mutex::new(index), memory }
    }

    /// Says what there is to do.
    ///
    /// # Errors
    ///
    /// Runs that cannot be read.
    pub fn announce(&self) -> Result<(), SweepError> {
        let index = self.index();
        self.open()?;
        self.recall()?;
        let wanted = self.sweep.trials.map_or(0, |trials| trials.get() as usize);
        if self.sweep.strategy == Strategy::Random && index.points.len() < wanted {
            self.say_exhausted(wanted);
        }
        let points = index.points.len().max(self.trials_to_choose()) as u64;
        self.tools.reporter.event(&SweepEvent::Frozen {
            name: index.name.clone(),
            id: self.dir.id().to_string(),
            path: self.dir.path().to_owned(),
            points,
            runs: points * u64::from(self.sweep.repeats.get()),
            done: self.done(),
        });
        Ok(())
    }

    /// Says, once, that the space has fewer points than are wanted.
    pub(super) fn say_exhausted(&self, wanted: usize) {
        let is_said = std::mem::replace(&mut self.memory().is_exhausted, true);
        if !is_said {
            let text = format!(
                "no more than {} different points were found in the space, of {wanted} trials",
                self.index().points.len()
            );
            let event = Event::Warned { warning: Warning::Notice { text } };
            self.tools.reporter.event(&SweepEvent::Run { run: None, event });
        }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The points that are frozen so far.
    pub fn index(&self) -> Index {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_index(&self, index: Index) {
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = index;
    }

    /// What a task's experiment reads.
    pub(super) fn prepared(&self, task: &Task) -> Result<Prepared, SweepError> {
        let path = self.dir.point_file(task);
        let project = self.index.lock().unwrap_or_else(PoisonError::into_inner).project.clone();
        let loaded = (self.tools.load)(&path, project.as_deref());
        let experiment = loaded.map_err(|problems| SweepError::Frozen { path, problems: Box::new(problems) })?;
        // What is odd about the data is said once for all points, before they begin.
        let prepared = Prepared { warnings: Vec::new(), ..self.preparer.prepare(experiment)? };
        match stages::identity(&prepared) == task.identity {
            true => Ok(prepared),
            false => Err(SweepError::Changed { task: task.to_string() }),
        }
    }
}
