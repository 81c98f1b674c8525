//! Which number is looked at, which way is better, and where a run was at its best.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::{Column, RunView};

/// A column of `metrics.csv` with its direction: accuracies are to be high, losses low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objective(Column);

impl Objective {
    /// The objective of an experiment that names none.
    pub const DEFAULT: Self = Self(Column::ValAccuracy);

    /// The column that is looked at.
    pub fn column(self) -> Column {
        self.0
    }

    /// Whether higher is better.
    pub fn maximised(self) -> bool {
        match self.0 {
            Column::Accuracy | Column::ValAccuracy => true,
            Column::Loss | Column::ValLoss | Column::LearningRate => false,
        }
    }

    /// `Less` where `left` is the better of two values.
    pub fn rank(self, left: f64, right: f64) -> Ordering {
        if self.maximised() { right.total_cmp(&left) } else { left.total_cmp(&right) }
    }

    /// The place of the best epoch among a run's rows; the earliest of equals.
    pub fn best_epoch(self, run: &RunView) -> Option<usize> {
        let known = run.metrics.iter().enumerate().filter_map(|(at, row)| row.value(self.0).map(|value| (at, value)));
        known.min_by(|left, right| self.rank(left.1, right.1)).map(|(at, _)| at)
    }

    /// What the run ended with: the value of the last epoch of its last stage.
    pub fn last(self, run: &RunView) -> Option<f64> {
        run.metrics.last().and_then(|row| row.value(self.0))
    }

    /// What the run reached: the best value in its last stage, by which `name@best` is chosen.
    pub fn reached(self, run: &RunView) -> Option<f64> {
        let last = run.metrics.last().map(|row| row.stage.as_str());
        let rows = run.metrics.iter().filter(|row| Some(row.stage.as_str()) == last);
        rows.filter_map(|row| row.value(self.0)).min_by(|left, right| self.rank(*left, *right))
    }

    /// What the run reached at its best epoch, whatever the stage.
    pub fn best_value(self, run: &RunView) -> Option<f64> {
        self.best_epoch(run).and_then(|at| run.metrics[at].value(self.0))
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// The objective is none that can be ranked.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown objective `{0}`: expected accuracy, loss, val_accuracy or val_loss")]
pub struct ParseObjectiveError(String);

impl FromStr for Objective {
    type Err = ParseObjectiveError;

    fn from_str(text: &str) -> Result<Self, ParseObjectiveError> {
        let known = Column::ALL.into_iter().filter(|column| *column != Column::LearningRate);
        let found = known.into_iter().find(|column| column.name() == text);
        found.map(Self).ok_or_else(|| ParseObjectiveError(text.to_owned()))
    }
}

/// The best of the finished runs by what they reached in their last stage; the first of equals. None where none has a value.
pub fn best(runs: &[RunView], objective: Objective) -> Option<&RunView> {
    let finished = runs.iter().filter(|run| run.state == "done");
    let known = finished.filter_map(|run| objective.reached(run).map(|value| (run, value)));
    known.min_by(|left, right| objective.rank(left.1, right.1)).map(|(run, _)| run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell, Epoch};

    fn run(state: &str, accuracies: &[&str]) -> RunView {
        let row = |(epoch, text): (usize, &&str)| {
            let mut row = Epoch { stage: "top".into(), epoch: epoch as u32, ..Epoch::default() };
            row.cells[Column::ValAccuracy as usize] = Cell::new(*text);
            row
        };
        RunView { state: state.into(), metrics: accuracies.iter().enumerate().map(row).collect(), ..RunView::default() }
    }

    #[test]
    fn the_best_epoch_is_the_earliest_of_equals_and_skips_what_is_not_a_number() {
        let run = run("done", &["0.5", "NA", "0.9", "0.9", "NaN"]);
        assert_eq!(Objective::DEFAULT.best_epoch(&run), Some(2));
        assert_eq!(Objective::DEFAULT.last(&run), None);
    }

    #[test]
    fn only_finished_runs_compete_and_the_first_of_equals_wins() {
        let runs = [run("failed", &["0.99"]), run("done", &["0.8"]), run("done", &["0.8"]), run("done", &["0.7"])];
        let winner = best(&runs, Objective::DEFAULT).expect("two runs have a value");
        assert!(std::ptr::eq(winner, &runs[1]));
    }

    #[test]
    fn losses_are_to_be_low() {
        let objective: Objective = "val_loss".parse().expect("a column");
        assert_eq!(objective.rank(0.1, 0.2), Ordering::Less);
        assert!("learning_rate".parse::<Objective>().is_err());
    }
}
