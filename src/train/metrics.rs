//! Numbers of an epoch.

use serde::{Deserialize, Serialize};

/// One epoch's metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// From 0.
    pub epoch: u32,
    /// Mean training loss over the epoch, penalties and dropout included.
    pub loss: f64,
    /// Training accuracy over the epoch, in [0, 1].
    pub accuracy: f64,
    /// Validation loss after the epoch, penalties included.
    pub val_loss: Option<f64>,
    /// Validation accuracy after the epoch, in [0, 1].
    pub val_accuracy: Option<f64>,
    /// Learning rate of the epoch's first step.
    pub learning_rate: f64,
}

/// Sums over the samples seen so far, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// Of losses, penalties included.
    pub loss: f64,
    /// Of samples whose class was right.
    pub correct: u64,
    /// Of samples.
    pub samples: u64,
}

impl Running {
    /// Adds a batch: the sum of its samples' losses, and the penalty that each of them bears.
    pub fn add(&mut self, loss: f64, penalty: f64, correct: u64, samples: usize) {
        self.loss += loss + penalty * samples as f64;
        self.correct += correct;
        self.samples += samples as u64;
    }

    /// Mean loss; 0 before the first sample.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.samples.max(1) as f64
    }

    /// Accuracy; 0 before the first sample.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples.max(1) as f64
    }
}
