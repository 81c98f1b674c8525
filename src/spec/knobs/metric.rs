//! `early_stopping.monitor`, `sweep.objective`: a column of metrics.csv.

use crate::spec::knob::word_knob;

word_knob! {
    /// A metric by which epochs or runs are compared.
    Metric {
        /// Loss on validation images; smaller is better.
        ValLoss = "val_loss",
        /// Accuracy on validation images; larger is better.
        ValAccuracy = "val_accuracy",
        /// Loss on training images; smaller is better.
        Loss = "loss",
        /// Accuracy on training images; larger is better.
        Accuracy = "accuracy",
    }
}

impl Metric {
    /// Accuracies want to be large, losses small.
    pub fn larger_is_better(self) -> bool {
        match self {
            Self::ValAccuracy | Self::Accuracy => true,
            Self::ValLoss | Self::Loss => false,
        }
    }
}
