//! Stopping when nothing gets better any more, as Keras' `EarlyStopping` does.

use serde::{Deserialize, Serialize};

use super::EpochRow;

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monitor {
    /// Validation loss, to fall.
    ValLoss,
    /// Validation accuracy, to rise.
    ValAccuracy,
    /// Training loss, to fall.
    Loss,
    /// Training accuracy, to rise.
    Accuracy,
}

impl Monitor {
    /// The value watched, if the epoch has one.
    pub fn of(self, row: &EpochRow) -> Option<f64> {
        match self {
            Self::ValLoss => row.val_loss,
            Self::ValAccuracy => row.val_accuracy,
            Self::Loss => Some(row.loss),
            Self::Accuracy => Some(row.accuracy),
        }
    }

    fn is_better(self, value: f64, by: f64, than: f64) -> bool {
        match self {
            Self::ValLoss | Self::Loss => value + by < than,
            Self::ValAccuracy | Self::Accuracy => value - by > than,
        }
    }
}

/// When to stop early, and with which parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// What is watched.
    pub monitor: Monitor,
    /// Epochs without improvement that are borne.
    pub patience: u32,
    /// An improvement is a change of more than this.
    pub min_delta: f64,
    /// Whether a run ends with the parameters of its best epoch, be it stopped early or not.
    pub restore_best: bool,
}

/// How far the patience has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Patience {
    /// Best value so far.
    pub best: Option<f64>,
    /// Its epoch.
    pub best_epoch: u32,
    /// Epochs since.
    pub waited: u32,
    /// Whether the patience has run out.
    pub exhausted: bool,
}

impl Patience {
    /// Takes note of an epoch; says whether it is the best so far.
    pub fn note(&mut self, rule: &EarlyStopping, row: &EpochRow) -> bool {
        let Some(value) = rule.monitor.of(row) else { return false };
        if self.best.is_none_or(|best| rule.monitor.is_better(value, rule.min_delta, best)) {
            (self.best, self.best_epoch, self.waited) = (Some(value), row.epoch, 0);
            return true;
        }
        self.waited += 1;
        self.exhausted = self.waited >= rule.patience && row.epoch > 0;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(rule: EarlyStopping, losses: &[f64]) -> (Patience, usize) {
        let mut patience = Patience::default();
        for (epoch, &loss) in losses.iter().enumerate() {
            let row = EpochRow { epoch: epoch as u32, val_loss: Some(loss), ..EpochRow::default() };
            patience.note(&rule, &row);
            if patience.exhausted {
                return (patience, epoch);
            }
        }
        (patience, losses.len())
    }

    const RULE: EarlyStopping =
        EarlyStopping { monitor: Monitor::ValLoss, patience: 2, min_delta: 0.0, restore_best: true };

    #[test]
    fn patience_runs_out_after_so_many_epochs_without_improvement() {
        let (patience, stopped) = epochs(RULE, &[1.0, 0.5, 0.6, 0.4, 0.4, 0.5, 0.1]);
        assert_eq!((stopped, patience.best_epoch), (5, 3));
    }

    #[test]
    fn a_change_within_min_delta_is_no_improvement() {
        let (patience, stopped) = epochs(EarlyStopping { min_delta: 0.1, ..RULE }, &[1.0, 0.95, 0.92]);
        assert_eq!((stopped, patience.best_epoch), (2, 0));
    }
}
