//! What a run is, to somebody who looks at it: plain values, already read, nothing computed yet.

use std::collections::BTreeMap;

use super::Settings;

/// One run, whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunView {
    /// The experiment's name.
    pub name: String,
    /// The run's directory name, as `0007-1a2b3c4d`.
    pub id: String,
    /// `running`, `done`, `failed`, `diverged`, `interrupted` or `pruned`.
    pub state: String,
    /// What is to be said of the state: why it failed, where it stopped.
    pub message: Option<String>,
    /// When the run started, in seconds since 1970 (UTC).
    pub started: Option<f64>,
    /// The rows of `metrics.csv`, in file order.
    pub metrics: Vec<Epoch>,
    /// The rows of `predictions.csv`, in file order.
    pub predictions: Vec<Prediction>,
    /// The classes, in the order of their indices.
    pub classes: Vec<String>,
    /// The text of `spec.toml`.
    pub spec: String,
    /// The same, flattened to `top.dropout` -> `0.5`.
    pub settings: Settings,
    /// Who set each setting that has not its default, where that is known: `experiments/pets.toml:7:1`.
    pub origins: BTreeMap<String, String>,
    /// What the experiment was written on top of, where it extends something.
    pub template: Option<Template>,
    /// The stages in order, with what became of them.
    pub stages: Vec<StageView>,
    /// What it takes to get the run again: version, commit, machine, digests.
    pub facts: Vec<Fact>,
    /// Images that were left out, with the reason.
    pub skipped: Vec<Skipped>,
    /// The command that gives this run again.
    pub command: String,
}

impl RunView {
    /// How long the run took: the sum of its stages, none where no stage has a time.
    pub fn seconds(&self) -> Option<f64> {
        self.stages.iter().filter_map(|stage| stage.seconds).reduce(|sum, seconds| sum + seconds)
    }
}

/// One number of `metrics.csv`: the text as it stands in the file, and its value where it has a finite one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    text: String,
    value: Option<f64>,
}

impl Cell {
    /// A cell from its text. `NA`, the empty text and numbers that are not finite have no value.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        Self { text, value }
    }

    /// The text as it stands in the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value, if there is a finite one.
    pub fn value(&self) -> Option<f64> {
        self.value
    }
}

/// A column of `metrics.csv` that holds a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Accuracy on the training images, 0..=1: the running mean over the epoch.
    Accuracy,
    /// Loss on the training images: the running mean over the epoch.
    Loss,
    /// Accuracy on the validation images, 0..=1.
    ValAccuracy,
    /// Loss on the validation images.
    ValLoss,
    /// The learning rate.
    LearningRate,
}

impl Column {
    /// Every column, in file order.
    pub const ALL: [Self; 5] = [Self::Accuracy, Self::Loss, Self::ValAccuracy, Self::ValLoss, Self::LearningRate];

    /// The column's name in `metrics.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Loss => "loss",
            Self::ValAccuracy => "val_accuracy",
            Self::ValLoss => "val_loss",
            Self::LearningRate => "learning_rate",
        }
    }

    /// The column's name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Accuracy => "training accuracy",
            Self::Loss => "training loss",
            Self::ValAccuracy => "validation accuracy",
            Self::ValLoss => "validation loss",
            Self::LearningRate => "learning rate",
        }
    }
}

/// One row of `metrics.csv`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Epoch {
    /// The stage that was trained: `top` or `fine_tune`.
    pub stage: String,
    /// The epoch within the stage, from 0.
    pub epoch: u32,
    /// The numbers, in the order of [`Column::ALL`].
    pub cells: [Cell; 5],
}

impl Epoch {
    /// One number of the row.
    pub fn cell(&self, column: Column) -> &Cell {
        &self.cells[column as usize]
    }

    /// The value of one number of the row.
    pub fn value(&self, column: Column) -> Option<f64> {
        self.cell(column).value()
    }
}

/// One row of `predictions.csv`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// The image's path as the file has it.
    pub path: String,
    /// The class it belongs to.
    pub label: String,
    /// The class it was taken for.
    pub predicted: String,
    /// The probability of `predicted`, 0..=1.
    pub probability: f64,
}

/// The settings that an experiment was written on top of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// What the template is called, as `keras-blog.toml`.
    pub name: String,
    /// Its own settings, resolved, as far as they are known.
    pub settings: Settings,
}

/// What became of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The work was done in this run.
    #[default]
    Computed,
    /// All of it was found in the cache.
    Cached,
    /// Some of it was found in the cache.
    Partly,
}

impl Outcome {
    /// The outcome in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Computed => "computed",
            Self::Cached => "cached",
            Self::Partly => "partly cached",
        }
    }
}

/// One stage of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageView {
    /// `bottleneck`, `top` or `fine_tune`.
    pub name: String,
    /// Whether it ran.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
    /// How long it took, in seconds.
    pub seconds: Option<f64>,
}

/// One line of what it takes to get the run again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fact {
    /// What it is, as `weights digest`.
    pub label: String,
    /// Its value.
    pub value: String,
}

/// An image that was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Skipped {
    /// Its path.
    pub path: String,
    /// Why it could not be used.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_keeps_its_text_and_has_a_value_only_where_the_number_is_finite() {
        assert_eq!(Cell::new("0.90").text(), "0.90");
        assert_eq!(Cell::new("0.90").value(), Some(0.9));
        for text in ["NA", "", "NaN", "inf"] {
            assert_eq!(Cell::new(text).value(), None, "{text}");
        }
    }

    #[test]
    fn columns_are_numbered_as_cells_are() {
        let cells = Column::ALL.map(|column| Cell::new(column.name()));
        let row = Epoch { cells, ..Epoch::default() };
        assert!(Column::ALL.into_iter().all(|column| row.cell(column).text() == column.name()));
    }
}
