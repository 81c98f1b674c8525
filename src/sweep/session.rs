//! One process's work on a sweep: which task is next, doing it, and what came of it.

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::SweepError;
use super::event::{PointRun, SweepEvent};
use super::folder::SweepDir;
use super::index::{Index, Task};
use super::measure::{self, is_better};
use super::outcome::outcomes;
use super::results::{self, Results, keys};
use super::space::shown;
use super::told::Told;
use super::tools::Tools;
use crate::digest::Digest;
use crate::files::Lock;
use crate::runs::{RunDir, State};
use crate::spec::Experiment;
use crate::spec::model::Sweep;
use crate::stages::{self, Outcome, Prepared, Preparer, Request, Shares, StageError};
use crate::stop::StopToken;

/// Results are written at most so often while the sweep runs, and once at its end.
const RESULTS: Duration = Duration::from_secs(5);

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
struct Memory {
    /// Tasks that this session has begun.
    tried: HashSet<String>,
    /// Tasks that cannot change any more.
    closed: BTreeMap<String, State>,
    /// Trainings that are going on in this session.
    busy: Vec<Digest>,
    shares: BTreeMap<String, Shares>,
    best: Option<(PointRun, f64)>,
    written: Duration,
}

/// A task, with the right to work on it.
pub(super) struct Chosen {
    pub task: Task,
    _lock: Lock,
}

impl<'a> Session<'a> {
    /// Work on a frozen sweep.
    pub fn new(
        (base, sweep): (&'a Experiment, &'a Sweep),
        (dir, index): (&'a SweepDir, Index),
        (tools, preparer): (Tools<'a>, &'a Preparer),
        options: Options,
    ) -> Self {
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
        let points = self.sweep.trials.map_or(index.points.len() as u64, |trials| trials.get().into());
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

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The points that are frozen so far.
    pub fn index(&self) -> Index {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The tasks that are to be done and that this session has not begun.
    pub(super) fn open(&self) -> Result<Vec<Task>, SweepError> {
        let index = self.index();
        let mut open = Vec::new();
        for task in index.tasks() {
            let name = task.name();
            let skip = {
                let memory = self.memory();
                memory.tried.contains(&name) || memory.closed.contains_key(&name)
            };
            if !skip {
                match self.tools.runs.find(&index.name, &task.identity)?.map(|(_, state)| state) {
                    Some(state) if !self.is_open(state) => {
                        self.memory().closed.insert(name, state);
                    }
                    _ => open.push(*task),
                }
            }
        }
        Ok(open)
    }

    fn is_open(&self, state: State) -> bool {
        match state {
            State::Running | State::Interrupted | State::Failed => true,
            State::Diverged | State::Pruned => self.options.retry.contains(&state),
            State::Done => false,
        }
    }

    /// What a task's experiment reads.
    pub(super) fn prepared(&self, task: &Task) -> Result<Prepared, SweepError> {
        let path = self.dir.point_file(task);
        let project = self.index.lock().unwrap_or_else(PoisonError::into_inner).project.clone();
        let loaded = (self.tools.load)(&path, project.as_deref());
        let experiment = loaded.map_err(|problems| SweepError::Frozen { path, problems: Box::new(problems) })?;
        let prepared = self.preparer.prepare(experiment)?;
        match stages::identity(&prepared) == task.identity {
            true => Ok(prepared),
            false => Err(SweepError::Changed { task: task.to_string() }),
        }
    }

    /// What a task shares with others; none where it cannot be told, which its run then says.
    pub(super) fn shares(&self, task: &Task) -> Option<Shares> {
        let name = task.name();
        if let Some(shares) = self.memory().shares.get(&name) {
            return Some(*shares);
        }
        let shares = Shares::of(&self.prepared(task).ok()?);
        self.memory().shares.insert(name, shares);
        Some(shares)
    }

    /// The next task that nobody works on: one that waits for no training of this session, if there is one.
    pub(super) fn next(&self) -> Result<Option<Chosen>, SweepError> {
        loop {
            let open = self.open()?;
            for task in self.in_order(&open) {
                if self.stop.is_requested() {
                    return Ok(None);
                }
                if let Some(lock) = Lock::try_exclusive(&self.dir.task_lock(&task))?
                    && self.begin(&task)
                {
                    return Ok(Some(Chosen { task, _lock: lock }));
                }
            }
            match self.open()?.first() {
                // Another process works on it: its result may still be this one's to get.
                Some(task) if !self.stop.is_requested() => {
                    let mut wait = crate::files::Wait { stop: &self.stop, on_wait: &mut |_| {} };
                    drop(Lock::exclusive(&self.dir.task_lock(task), &mut wait)?);
                }
                _ => return Ok(None),
            }
        }
    }

    /// The tasks as they are best begun: those that would wait for a training of this session last, and of those that train the same for
    /// a different number of epochs the shorter one first, from which the longer one goes on.
    fn in_order(&self, open: &[Task]) -> Vec<Task> {
        let shares: Vec<Option<Shares>> = open.iter().map(|task| self.shares(task)).collect();
        let busy = self.memory().busy.clone();
        let waits = |shares: &Option<Shares>| shares.is_some_and(|shares| busy.contains(&training(&shares)));
        let longer = |at: usize| {
            let own = shares[at];
            let same =
                |other: &Shares| own.is_some_and(|own| own.top == other.top && own.top_epochs > other.top_epochs);
            shares.iter().flatten().filter(|other| same(other)).count()
        };
        let mut order: Vec<usize> = (0..open.len()).collect();
        order.sort_by_key(|&at| (waits(&shares[at]), longer(at), at));
        order.into_iter().map(|at| open[at]).collect()
    }

    /// Notes that a task is begun; `false` if this session has begun it before.
    fn begin(&self, task: &Task) -> bool {
        let shares = self.shares(task);
        let mut memory = self.memory();
        memory.busy.extend(shares.map(|shares| training(&shares)));
        memory.tried.insert(task.name())
    }

    /// Works on a task to its end, and says how it ended.
    pub(super) fn carry_out(&self, chosen: &Chosen) -> Result<State, SweepError> {
        let task = &chosen.task;
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
        let told = Told::new(self, task, run, &token);
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
                (self.tools.finish)(&run, &prepared);
                Ok(State::Done)
            }
            Outcome::Interrupted(_) if token.is_given_up() => Ok(State::Pruned),
            Outcome::Interrupted(_) => Ok(State::Interrupted),
        }
    }

    fn end(&self, task: &Task) {
        if let Some(shares) = self.shares(task) {
            let mut memory = self.memory();
            if let Some(at) = memory.busy.iter().position(|busy| *busy == training(&shares)) {
                memory.busy.swap_remove(at);
            }
        }
    }

    /// Says how a task ended, and has the results written if it is time.
    fn tell(
        &self,
        task: &Task,
        run: PointRun,
        (state, error): (State, Option<String>),
        elapsed: Duration,
    ) -> Result<(), SweepError> {
        let index = self.index();
        let found = self.tools.runs.find(&index.name, &task.identity)?;
        let value = found.and_then(|(run, _)| self.value(&run));
        let best = {
            let mut memory = self.memory();
            memory.closed.insert(task.name(), state);
            let metric = self.sweep.objective;
            let beats = |value| memory.best.as_ref().is_none_or(|(_, best)| is_better(metric, value, *best));
            if let Some(value) = value.filter(|value| state == State::Done && beats(*value)) {
                memory.best = Some((run.clone(), value));
            }
            memory.best.clone()
        };
        let progress = (self.done(), index.tasks().count() as u64);
        self.tools.reporter.event(&SweepEvent::Ended { run, state, value, error, elapsed, progress, best });
        let now = self.tools.clock.monotonic();
        if now.saturating_sub(self.memory().written) >= RESULTS {
            self.memory().written = now;
            self.write_results()?;
        }
        Ok(())
    }

    fn done(&self) -> u64 {
        self.memory().closed.values().filter(|state| **state == State::Done).count() as u64
    }

    /// What a run reached of the objective.
    fn value(&self, run: &RunDir) -> Option<f64> {
        measure::best(&run.metrics().ok()?, self.sweep.objective)
    }

    /// A task as people call it.
    pub(super) fn point_run(&self, task: &Task) -> PointRun {
        let index = self.index();
        let values = index.points.iter().find(|point| point.point == task.point).map(|point| shown(&point.values));
        let repeats = self.sweep.repeats.get();
        PointRun { point: task.point, seed: task.seed, repeats, values: values.unwrap_or_default() }
    }

    /// Writes the results for the last time, and gives the number of runs in each state.
    ///
    /// # Errors
    ///
    /// Runs that cannot be read, or a disk that refuses.
    pub fn finish(&self) -> Result<BTreeMap<&'static str, u64>, SweepError> {
        let states = self.write_results()?;
        self.tools.reporter.event(&SweepEvent::Finished { path: self.dir.path().to_owned() });
        Ok(states)
    }

    /// Writes `trials.csv`, `importance.csv` and `best.toml` as the runs stand now, and gives the number of runs in each state.
    fn write_results(&self) -> Result<BTreeMap<&'static str, u64>, SweepError> {
        let index = self.index();
        let points = outcomes(self.tools.runs, &index)?;
        let results = Results { points: &points, keys: &keys(self.sweep), metric: self.sweep.objective };
        let winner =
            results.best().and_then(|point| point.runs.first()).map(|run| self.prepared(&run.task)).transpose();
        // A winner whose images have changed since is still the winner; its file is left as it was.
        let winner = winner.ok().flatten().map(|prepared| prepared.experiment.to_toml(self.dir.path()));
        let lock = self.dir.lock(&mut self.tools.wait(&mut |_| {}));
        let written = results::write(self.dir, &results, winner.as_deref());
        drop(lock);
        written?;
        let mut states = BTreeMap::new();
        for run in points.iter().flat_map(|point| &point.runs) {
            *states.entry(run.state().map_or("missing", State::word)).or_default() += 1;
        }
        Ok(states)
    }
}

/// The training of a task that others may be waiting for: its last.
fn training(shares: &Shares) -> Digest {
    shares.fine_tune.unwrap_or(shares.top)
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
