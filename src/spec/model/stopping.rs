//! `early_stopping`: when to stop before the last epoch.

use super::Listing;
use crate::spec::knobs::{Metric, MinDelta, Patience};

/// When to stop before the last epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlyStopping {
    /// What must improve.
    pub monitor: Metric,
    /// Epochs without improvement that are borne.
    pub patience: Patience,
    /// Smallest change that counts as an improvement.
    pub min_delta: MinDelta,
    /// Whether the weights of the best epoch are put back.
    pub restore_best: bool,
}

impl EarlyStopping {
    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.knob("monitor", &self.monitor);
        out.knob("patience", &self.patience);
        out.knob("min_delta", &self.min_delta);
        out.knob("restore_best", &self.restore_best);
    }
}
