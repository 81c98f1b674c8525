//! The geometry of a run's curves, free of any unit: places are fractions of the plot, 0..=1 from left and from bottom.
//!
//! All stages stand on one axis of epochs. A line is broken where the stage changes and where a value is absent.

use std::fmt::Write;

use super::scale::{Scale, count_ticks};
use crate::report::{Column, Objective, RunView};

/// The fraction of an axis that outliers may take before they are cut off: a value above this many times the
/// 95th percentile would flatten everything else.
const OUTLIER: f64 = 2.5;

/// Everything that `curves.svg`, the page and the terminal draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// How many epochs there are, all stages together.
    pub epochs: usize,
    /// Where each stage begins: its first epoch on the common axis, and its name.
    pub stages: Vec<(usize, String)>,
    /// The best epoch on the common axis.
    pub best: Option<usize>,
    /// Accuracy and loss.
    pub panels: [Panel; 2],
}

/// One plot with a training and a validation line.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// `Accuracy` or `Loss`.
    pub title: &'static str,
    /// The axis of values.
    pub scale: Scale,
    /// The training line.
    pub training: Line,
    /// The validation line.
    pub validation: Line,
}

/// One line: a value per epoch, and the unbroken pieces of it as places.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The column it shows.
    pub column: Column,
    /// The pieces; each is a list of (from left, from bottom).
    pub pieces: Vec<Vec<(f64, f64)>>,
}

impl Curves {
    /// The curves of a run; the best epoch is the objective's.
    pub fn of(run: &RunView, objective: Objective) -> Self {
        Self {
            epochs: run.metrics.len(),
            stages: stages(run),
            best: objective.best_epoch(run),
            panels: [
                Panel::of(run, "Accuracy", Column::Accuracy, Column::ValAccuracy),
                Panel::of(run, "Loss", Column::Loss, Column::ValLoss),
            ],
        }
    }

    /// Where an epoch of the common axis stands.
    pub fn place(&self, epoch: f64) -> f64 {
        place(epoch, self.epochs)
    }

    /// Round epochs to be written under the axis.
    pub fn ticks(&self) -> Vec<usize> {
        count_ticks(self.epochs, 6)
    }

    /// Where stages change, between two epochs.
    pub fn changes(&self) -> impl Iterator<Item = f64> {
        self.stages.iter().skip(1).map(|(first, _)| *first as f64 - 0.5)
    }
}

fn place(epoch: f64, epochs: usize) -> f64 {
    if epochs < 2 { 0.5 } else { epoch / (epochs - 1) as f64 }
}

fn stages(run: &RunView) -> Vec<(usize, String)> {
    let mut stages: Vec<(usize, String)> = Vec::new();
    for (at, row) in run.metrics.iter().enumerate() {
        if stages.last().is_none_or(|(_, name)| *name != row.stage) {
            stages.push((at, row.stage.clone()));
        }
    }
    stages
}

impl Panel {
    fn of(run: &RunView, title: &'static str, training: Column, validation: Column) -> Self {
        let values = run.metrics.iter().flat_map(|row| [row.value(training), row.value(validation)]).flatten();
        let scale = Scale::covering(without_outliers(values.collect()), 4);
        Self { title, scale, training: Line::of(run, training, &scale), validation: Line::of(run, validation, &scale) }
    }

    /// Both lines, training first.
    pub fn lines(&self) -> [&Line; 2] {
        [&self.training, &self.validation]
    }
}

/// Sorted values without those that would flatten the rest.
fn without_outliers(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    let Some(usual) = values.get(values.len().saturating_sub(1) * 95 / 100).copied() else {
        return values;
    };
    values.retain(|value| *value <= usual.max(0.0) * OUTLIER || *value <= usual);
    values
}

impl Line {
    fn of(run: &RunView, column: Column, scale: &Scale) -> Self {
        let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut joins: Option<&str> = None;
        for (at, row) in run.metrics.iter().enumerate() {
            let Some(value) = row.value(column) else {
                joins = None;
                continue;
            };
            if joins != Some(row.stage.as_str()) {
                pieces.push(Vec::new());
            }
            joins = Some(&row.stage);
            let point = (place(at as f64, run.metrics.len()), scale.place(value));
            pieces.last_mut().expect("a piece was begun").push(point);
        }
        Self { column, pieces }
    }

    /// The line as an SVG path in a box of the given size. A lone point becomes a short dash, so that it is seen.
    pub fn path(&self, left: f64, top: f64, width: f64, height: f64) -> String {
        let mut path = String::new();
        for piece in &self.pieces {
            for (at, (x, y)) in piece.iter().enumerate() {
                let command = if at == 0 { 'M' } else { 'L' };
                write!(path, "{command}{:.1} {:.1}", left + x * width, top + (1.0 - y) * height)
                    .expect("writing to a string does not fail");
            }
            if piece.len() == 1 {
                path.push_str("h1");
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell, Epoch};

    fn run(rows: &[(&str, &str)]) -> RunView {
        let row = |(stage, text): &(&str, &str)| Epoch {
            stage: (*stage).into(),
            epoch: 0,
            cells: [text, text, text, text, text].map(|text| Cell::new(*text)),
        };
        RunView { metrics: rows.iter().map(row).collect(), ..RunView::default() }
    }

    #[test]
    fn a_line_is_broken_where_the_stage_changes_and_where_a_value_is_absent() {
        let run = run(&[("top", "0.1"), ("top", "NA"), ("top", "0.2"), ("top", "0.3"), ("fine_tune", "0.4")]);
        let curves = Curves::of(&run, Objective::DEFAULT);
        let lengths: Vec<_> = curves.panels[0].training.pieces.iter().map(Vec::len).collect();
        assert_eq!(lengths, [1, 2, 1]);
        assert_eq!(curves.changes().collect::<Vec<_>>(), [3.5]);
        assert_eq!(curves.best, Some(4));
    }

    #[test]
    fn one_wild_value_does_not_flatten_the_rest() {
        let mut rows = vec![("top", "0.5"); 40];
        rows[0].1 = "900";
        let curves = Curves::of(&run(&rows), Objective::DEFAULT);
        assert!(curves.panels[1].scale.high() < 1.0);
    }

    #[test]
    fn a_run_without_epochs_has_empty_curves() {
        let curves = Curves::of(&RunView::default(), Objective::DEFAULT);
        assert_eq!((curves.epochs, curves.best), (0, None));
        assert_eq!(curves.panels[0].training.path(0.0, 0.0, 9.0, 9.0), "");
    }
}
