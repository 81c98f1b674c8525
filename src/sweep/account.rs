//! What came of the tasks: told as they end, and written as results.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::SweepError;
use super::event::{PointRun, SweepEvent};
use super::index::Task;
use super::measure::{self, is_better};
use super::outcome::{PointOutcome, outcomes};
use super::ranking::is_partial;
use super::results::{self, Results, keys};
use super::session::Session;
use super::space::shown;
use crate::event::{Event, Warning};
use crate::runs::{RunDir, State};

/// Results are written at most so often while the sweep runs, and once at its end.
const RESULTS: Duration = Duration::from_secs(5);

impl Session<'_> {
    /// Says how a task ended, and has the results written if it is time.
    pub(super) fn tell(
        &self,
        task: &Task,
        run: PointRun,
        (state, error): (State, Option<String>),
        elapsed: Duration,
    ) -> Result<(), SweepError> {
        let index = self.index();
        let found = self.tools.runs.find(&index.name, &task.identity)?;
        let value = found.and_then(|(run, _)| self.value(&run));
        self.memory().closed.insert(task.name(), state);
        if state == State::Done {
            self.compare(&run, value);
        }
        let best = self.memory().best.clone();
        let progress = (self.done(), index.tasks().count() as u64);
        self.tools.reporter.event(&SweepEvent::Ended { run, state, value, error, elapsed, progress, best });
        let now = self.tools.clock.monotonic();
        if now.saturating_sub(self.memory().written) >= RESULTS {
            self.memory().written = now;
            self.write_results()?;
        }
        Ok(())
    }

    /// Finds the best of the runs that were done before.
    pub(super) fn recall(&self) -> Result<(), SweepError> {
        let index = self.index();
        let list = self.tools.runs.list(Some(&index.name))?;
        for task in index.tasks() {
            let found = self.tools.runs.find_among(&list, &task.identity);
            if let Some((run, State::Done)) = found {
                self.compare(&self.point_run(task), self.value(&run));
            }
        }
        Ok(())
    }

    /// Remembers a run if it is better than the best so far.
    fn compare(&self, run: &PointRun, value: Option<f64>) {
        let mut memory = self.memory();
        let metric = self.sweep.objective;
        let beats = |value| memory.best.as_ref().is_none_or(|(_, best)| is_better(metric, value, *best));
        if let Some(value) = value.filter(|value| beats(*value)) {
            memory.best = Some((run.clone(), value));
        }
    }

    pub(super) fn done(&self) -> u64 {
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

    /// Writes the results for the last time, says what is odd about them, and gives the number of runs in each state.
    ///
    /// # Errors
    ///
    /// Runs that cannot be read, or a disk that refuses.
    pub fn finish(&self) -> Result<BTreeMap<&'static str, u64>, SweepError> {
        let points = self.write_results()?;
        if is_partial(&points) && !self.stop.is_requested() {
            let text = "no point has all of its repeats done: points are ranked by those that are".to_owned();
            let event = Event::Warned { warning: Warning::Notice { text } };
            self.tools.reporter.event(&SweepEvent::Run { run: None, event });
        }
        self.tools.reporter.event(&SweepEvent::Finished { path: self.dir.path().to_owned() });
        let mut states = BTreeMap::new();
        for run in points.iter().flat_map(|point| &point.runs) {
            *states.entry(run.state().map_or("missing", State::word)).or_default() += 1;
        }
        Ok(states)
    }

    /// Writes `trials.csv`, `importance.csv` and `best.toml` as the runs stand now, and gives how they stand.
    fn write_results(&self) -> Result<Vec<PointOutcome>, SweepError> {
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
        Ok(points)
    }
}
