//! All that a fit depends on besides the model and the samples.

use super::{ClassWeights, EarlyStopping, Optimizer, Schedule};

/// Penalties on the kernels of trained layers (their weights, not their biases), as Keras' `kernel_regularizer`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Penalty {
    /// Times the sum of absolute values.
    pub l1: f64,
    /// Times the sum of squares.
    pub l2: f64,
}

impl Penalty {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.l1 == 0.0 && self.l2 == 0.0
    }
}

/// How to fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Seed of every draw.
    pub seed: u64,
    /// Epochs in all, those of a resumed state included.
    pub epochs: u32,
    /// Samples a step; the last step of an epoch takes what is left.
    pub batch_size: usize,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// The learning rate's course.
    pub schedule: Schedule,
    /// Penalties.
    pub penalty: Penalty,
    /// Weights of the classes.
    pub class_weights: ClassWeights,
    /// Whether and when to stop early.
    pub early_stopping: Option<EarlyStopping>,
}
