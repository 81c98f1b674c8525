//! What a sweep needs from the outside.

use std::path::Path;
use std::sync::Arc;

use super::event::SweepReporter;
use crate::clock::Clock;
use crate::files::{Wait, Waiting};
use crate::runs::{RunDir, Runs};
use crate::spec::{Experiment, Problems};
use crate::stages::{Prepared, StageError};
use crate::stop::StopToken;

/// Loads a frozen experiment: from its file and its project's folder, where its place does not tell, and from nothing else.
pub type LoadFrozen<'a> = dyn Fn(&Path, Option<&Path>) -> Result<Experiment, Problems> + Sync + 'a;

/// What a sweep needs from the outside.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Where the runs are.
    pub runs: &'a Runs,
    /// The time.
    pub clock: &'a Arc<dyn Clock>,
    /// Who may ask for a stop.
    pub stop: &'a StopToken,
    /// Who listens.
    pub reporter: &'a dyn SweepReporter,
    /// Loads a frozen experiment.
    pub load: &'a LoadFrozen<'a>,
    /// Writes what a finished run has besides its own files: its report.
    pub finish: &'a (dyn Fn(&RunDir, &Prepared) + Sync),
    /// Shows why a run could not be done.
    pub explain: &'a (dyn Fn(StageError) -> String + Sync),
}

impl Tools<'_> {
    /// A wait for a lock that ends when a stop is requested.
    pub(super) fn wait<'w>(&'w self, on_wait: &'w mut dyn FnMut(&Waiting)) -> Wait<'w> {
        Wait { stop: self.stop, on_wait }
    }
}
