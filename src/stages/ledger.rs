//! Where a stage notes how far it is: in a run's directory, or, for work that several runs share, nowhere.

use crate::cache::Key;
use crate::runs::{ActiveRun, MetricsRow, RunError};

/// The run that a stage works for, if it works for one alone.
#[derive(Clone, Copy)]
pub(super) struct Ledger<'a>(Option<&'a ActiveRun>);

impl<'a> Ledger<'a> {
    /// Of a run.
    pub fn of(run: &'a ActiveRun) -> Self {
        Self(Some(run))
    }

    /// Of work that no run has asked for alone.
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Notes that the run uses an entry of the cache.
    pub fn use_key(&self, key: &Key) -> Result<(), RunError> {
        self.0.map_or(Ok(()), |run| run.use_key(key))
    }

    /// Notes that `epoch` of `epochs` are finished in the stage.
    pub fn progress(&self, stage: &str, epoch: u32, epochs: u32) {
        if let Some(run) = self.0 {
            run.progress(stage, epoch, epochs);
        }
    }

    /// Writes `metrics.csv`: all rows so far.
    pub fn write_metrics(&self, rows: &[MetricsRow]) -> Result<(), RunError> {
        self.0.map_or(Ok(()), |run| run.write_metrics(rows))
    }
}
