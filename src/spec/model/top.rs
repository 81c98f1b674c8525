//! `[top]`: the classifier on the stored features.

use super::{EarlyStopping, Listing, Optimizer, Schedule};
use crate::spec::knobs::{Activation, BatchSize, ClassWeights, Dropout, Epochs, Hidden, Init, Penalty};

/// `[top]`: the classifier on the stored features.
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// What it starts from.
    pub init: Init,
    /// Units of the hidden layers.
    pub hidden: Hidden,
    /// What follows each hidden layer.
    pub activation: Activation,
    /// Dropout after each hidden layer.
    pub dropout: Dropout,
    /// L1 penalty on weights (not on biases).
    pub l1: Penalty,
    /// L2 penalty on weights (not on biases).
    pub l2: Penalty,
    /// Passes over the training features.
    pub epochs: Epochs,
    /// Features per step.
    pub batch_size: BatchSize,
    /// The rule for steps.
    pub optimizer: Optimizer,
    /// The learning rate over time.
    pub schedule: Schedule,
    /// How much each class counts.
    pub class_weights: ClassWeights,
    /// When to stop before the last epoch; `None`: never.
    pub early_stopping: Option<EarlyStopping>,
}

impl Top {
    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.knob("init", &self.init);
        out.knob("hidden", &self.hidden);
        out.knob("activation", &self.activation);
        out.knob("dropout", &self.dropout);
        out.knob("l1", &self.l1);
        out.knob("l2", &self.l2);
        out.knob("epochs", &self.epochs);
        out.knob("batch_size", &self.batch_size);
        out.section("optimizer", |out| self.optimizer.list(out));
        out.section("schedule", |out| self.schedule.list(out));
        out.knob("class_weights", &self.class_weights);
        if let Some(stopping) = &self.early_stopping {
            out.section("early_stopping", |out| stopping.list(out));
        }
    }
}
