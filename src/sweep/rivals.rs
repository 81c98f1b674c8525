//! What a pruner knows of the runs of all other points.

use super::error::SweepError;
use super::index::Task;
use super::measure::costs;
use super::pruner::seen;
use super::reached::{Record, Verdict};
use super::session::Session;
use crate::event::Stage;
use crate::runs::{RunDir, State};
use crate::spec::model::Pruner;

impl Session<'_> {
    /// The records of the runs of all points but that of a task, those that other processes have frozen included.
    ///
    /// # Errors
    ///
    /// A disk that refuses.
    pub(super) fn rivals(&self, task: &Task, rule: (&Pruner, Stage)) -> Result<Vec<Record>, SweepError> {
        let index = self.dir.index()?.unwrap_or_else(|| self.index());
        let runs = self.tools.runs.list(Some(&index.name))?;
        let others = index.tasks().filter(|other| other.point != task.point);
        others.map(|other| self.record(other, &runs, rule)).collect()
    }

    /// What a task's pruner saw of its run; where the run was done or pruned otherwise (by another sweep, or by itself), what it would have
    /// seen.
    fn record(&self, task: &Task, runs: &[RunDir], (pruner, stage): (&Pruner, Stage)) -> Result<Record, SweepError> {
        let record = Record::read(&self.dir.reached_file(task))?;
        if record.has_ended() {
            return Ok(record);
        }
        let over = |run: &RunDir, last| {
            // A run whose metrics cannot be read tells nothing of any other.
            let rows = run.metrics().unwrap_or_default();
            seen(pruner, &costs(&rows, stage, self.sweep.objective), last)
        };
        Ok(match self.tools.runs.find_among(runs, &task.identity) {
            Some((run, State::Done)) => over(&run, Verdict::End),
            Some((run, State::Pruned)) if record.0.is_empty() => over(&run, Verdict::Stop),
            Some(_) | None => record,
        })
    }
}
