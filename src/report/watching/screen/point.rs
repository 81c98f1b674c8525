//! One epoch on the screen.

use crate::event::{EpochMetrics, Stage};
use crate::runs::MetricsRow;

/// What one epoch gave: losses, and accuracies from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub stage: Stage,
    pub epoch: u32,
    pub accuracy: f64,
    pub loss: f64,
    pub val_accuracy: f64,
    pub val_loss: f64,
}

impl Point {
    /// What an event tells.
    pub fn of(stage: Stage, metrics: &EpochMetrics) -> Self {
        let EpochMetrics { epoch, accuracy, loss, val_accuracy, val_loss, .. } = *metrics;
        Self { stage, epoch, accuracy, loss, val_accuracy, val_loss }
    }

    /// A row of `metrics.csv`; none for a stage of another version.
    pub fn read(row: &MetricsRow) -> Option<Self> {
        let stage = Stage::ALL.into_iter().find(|stage| stage.name() == row.stage)?;
        let (val_accuracy, val_loss) = (row.val_accuracy.unwrap_or(f64::NAN), row.val_loss.unwrap_or(f64::NAN));
        Some(Self { stage, epoch: row.epoch, accuracy: row.accuracy, loss: row.loss, val_accuracy, val_loss })
    }

    /// The epoch in a line, with what matters most first: the end may be cut off.
    pub fn line(&self) -> String {
        let Self { stage, epoch, accuracy, loss, val_accuracy, val_loss } = self;
        format!(
            "{stage} {epoch}: val_accuracy {val_accuracy:.4} accuracy {accuracy:.4} val_loss {val_loss:.4} loss {loss:.4}"
        )
    }
}
