//! What happened: the one vocabulary between work and whoever shows it.
//!
//! Events carry numbers and names, never sentences. Work emits them through a [`Reporter`]; only `report` turns
//! them into text, bars or a screen. A reporter may be called from several threads.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

/// The three stages of the recipe, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Run the convolutional base once over every image and store its last activation.
    Bottleneck,
    /// Train the classifier on the stored features.
    Top,
    /// Train the classifier and the last convolutions together.
    FineTune,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 3] = [Self::Bottleneck, Self::Top, Self::FineTune];

    /// The stage's name as `metrics.csv`, `--force` and the cache write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bottleneck => "bottleneck",
            Self::Top => "top",
            Self::FineTune => "fine_tune",
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a stage's progress counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Images through the convolutional base.
    Images,
    /// Training samples seen, over all epochs.
    Samples,
}

/// One row of `metrics.csv`, as an event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EpochMetrics {
    /// Counted from zero within the stage.
    pub epoch: u32,
    /// Running mean over the epoch, dropout on.
    pub accuracy: f64,
    /// Running mean over the epoch, dropout on, penalties included.
    pub loss: f64,
    /// After the epoch, dropout off.
    pub val_accuracy: f64,
    /// After the epoch, dropout off, penalties included.
    pub val_loss: f64,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
}

/// Something that went wrong without stopping the work.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Warning {
    /// An image was left out because `on_bad_image = "skip"`.
    SkippedImage {
        /// The image.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The same bytes lie in the training and in the validation folder.
    Leak {
        /// Pairs (training image, validation image); the first few.
        pairs: Vec<(PathBuf, PathBuf)>,
        /// How many there are in all.
        count: usize,
    },
    /// A cache entry was damaged; what it held is computed again.
    DamagedCache {
        /// What is damaged, and how.
        problem: String,
    },
    /// Anything else that the user should know, in one sentence.
    Notice {
        /// The sentence.
        text: String,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run began, or goes on.
    RunBegan {
        /// The experiment's name.
        name: String,
        /// The run's id, `NNNN-xxxxxxxx`.
        id: String,
        /// The run's directory.
        path: PathBuf,
        /// Whether the run goes on from where an earlier process left it.
        resumed: bool,
    },
    /// A stage has nothing to do: its result is stored.
    StageCached {
        /// The stage.
        stage: Stage,
        /// How many images or epochs were found.
        found: u64,
    },
    /// A stage began.
    StageBegan {
        /// The stage.
        stage: Stage,
        /// What progress counts.
        unit: Unit,
        /// The stage's whole work.
        total: u64,
        /// What was already there.
        done: u64,
        /// Epochs in all; zero for the bottleneck stage.
        epochs: u32,
        /// Which settings or data made it necessary, as `top.dropout 0.5 -> 0.3`.
        because: Vec<String>,
    },
    /// A batch is done.
    Progress {
        /// The stage.
        stage: Stage,
        /// Work done, in the stage's unit.
        done: u64,
    },
    /// An epoch is done and stored.
    EpochEnded {
        /// The stage.
        stage: Stage,
        /// Its metrics.
        metrics: EpochMetrics,
    },
    /// A stage ended.
    StageEnded {
        /// The stage.
        stage: Stage,
        /// How long it took.
        elapsed: Duration,
        /// Whether early stopping ended it.
        stopped_early: bool,
    },
    /// Another process is computing what this one needs.
    Waiting {
        /// The stage.
        stage: Stage,
        /// The other process, if it is known.
        holder: Option<u32>,
    },
    /// See [`Warning`].
    Warned {
        /// The warning.
        warning: Warning,
    },
    /// The run ended well.
    RunEnded {
        /// The experiment's name.
        name: String,
        /// The run's id.
        id: String,
        /// The run's directory.
        path: PathBuf,
        /// Last stage, its last validation accuracy and its best.
        stage: Stage,
        /// Validation accuracy after the last epoch.
        val_accuracy: f64,
        /// The best validation accuracy of the last stage.
        best_val_accuracy: f64,
        /// How long this process worked on it.
        elapsed: Duration,
    },
    /// The run was complete before this process came.
    AlreadyDone {
        /// The experiment's name.
        name: String,
        /// The run's id.
        id: String,
        /// The run's directory.
        path: PathBuf,
        /// The last validation accuracy.
        val_accuracy: f64,
        /// The best validation accuracy of the last stage.
        best_val_accuracy: f64,
    },
    /// The run stopped when it was asked to; its state is saved.
    RunInterrupted {
        /// The experiment's name.
        name: String,
        /// The run's id.
        id: String,
        /// The stage at which it stopped.
        stage: Stage,
    },
}

/// Whoever wants to know what happens.
pub trait Reporter: Sync {
    /// Takes note of one event.
    fn event(&self, event: &Event);
}

/// A reporter that takes no note of anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&self, _: &Event) {}
}
