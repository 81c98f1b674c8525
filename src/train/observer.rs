//! Who is told how a fit goes.

use super::state::{self, Memory};
use super::{EpochRow, Model, SourceError};

/// After a batch of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// This epoch, from 0.
    pub epoch: u32,
    /// Epochs of the run.
    pub epochs: u32,
    /// Batches done in this epoch.
    pub batch: usize,
    /// Batches of an epoch.
    pub batches: usize,
    /// Samples done in this epoch.
    pub samples: u64,
    /// Mean loss of the epoch so far.
    pub loss: f64,
    /// Accuracy of the epoch so far.
    pub accuracy: f64,
}

/// All that a resumption needs, made into bytes when asked for.
pub struct Snapshot<'a> {
    pub(super) model: &'a dyn Model,
    pub(super) memory: &'a Memory,
}

impl Snapshot<'_> {
    /// The state. [`fit`](super::fit) goes on from it bit for bit.
    pub fn bytes(&self) -> Vec<u8> {
        state::to_bytes(self.model, self.memory)
    }
}

/// Told of every batch and every epoch.
pub trait Observer {
    /// Before the first batch of a fit that goes on from a state: the epochs before it. An error ends the fit.
    fn resumed(&mut self, _rows: &[EpochRow]) -> Result<(), SourceError> {
        Ok(())
    }

    /// After each batch of training.
    fn batch(&mut self, progress: &Progress);

    /// After each epoch. An error ends the fit.
    fn epoch(&mut self, row: &EpochRow, snapshot: &Snapshot<'_>) -> Result<(), SourceError>;
}

/// Takes note of nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn batch(&mut self, _: &Progress) {}

    fn epoch(&mut self, _: &EpochRow, _: &Snapshot<'_>) -> Result<(), SourceError> {
        Ok(())
    }
}
