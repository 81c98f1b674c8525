//! Why a fit ends without a result.

use super::{EpochRow, SourceError, StateError};
use crate::net::NetError;

/// A fit that could not go on.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The loss left the numbers.
    #[error(transparent)]
    Diverged(Diverged),
    /// The samples could not be had.
    #[error("reading samples failed")]
    Source(#[source] SourceError),
    /// The observer could not do its part.
    #[error("recording progress failed")]
    Observer(#[source] SourceError),
    /// The device's memory does not hold a batch.
    #[error("the memory of the device does not hold a batch of {batch} samples")]
    OutOfMemory {
        /// Samples of the batch.
        batch: usize,
        /// The largest half, quarter, ... of it that was tried and fits; none if a single sample does not.
        fits: Option<usize>,
    },
    /// The network refused.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The state to resume from is not one of this run.
    #[error("the stored training state cannot be used")]
    State(#[from] StateError),
    /// There is nothing to train on.
    #[error("no training samples")]
    NoSamples,
    /// Early stopping watches validation, and there is none.
    #[error("`early_stopping` watches a validation metric, but there are no validation samples")]
    NothingToWatch,
}

/// The loss is no longer a number. The last good state is the last one that the observer was given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the loss became `{loss}` in epoch {epoch}, batch {batch}, at a learning rate of {learning_rate:?}")]
pub struct Diverged {
    /// Epoch, from 0.
    pub epoch: u32,
    /// Batch of that epoch, from 0; the number of batches where it was the validation after it.
    pub batch: usize,
    /// What it became: infinite or not a number.
    pub loss: f64,
    /// The learning rate there, which is likely to blame.
    pub learning_rate: f64,
    /// The epochs before.
    pub rows: Vec<EpochRow>,
}
