//! What happens while a folder is watched.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::event::Event;
use crate::sweep::SweepEvent;

/// What happened. `experiment` is the file as the watched folder shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "watch", rename_all = "snake_case")]
pub enum WatchEvent {
    /// The folder is watched.
    Watching {
        /// The folder.
        folder: PathBuf,
        /// How many experiment files lie in it.
        experiments: usize,
        /// The time between two looks, in seconds, where the folder is polled.
        polling: Option<f64>,
    },
    /// The system's events cannot be had, so the folder is polled.
    Polling {
        /// Why.
        why: String,
    },
    /// An experiment file was there when the watching began.
    Found {
        /// The experiment file.
        experiment: PathBuf,
    },
    /// A file was saved, and means what it meant.
    Unchanged {
        /// The experiment file.
        experiment: PathBuf,
    },
    /// An experiment means something else now.
    Changed {
        /// The experiment file.
        experiment: PathBuf,
        /// The settings that changed, as `top.dropout 0.5 -> 0.3`; empty for a new file.
        changes: Vec<String>,
        /// Whether its images changed.
        data: bool,
    },
    /// What the run of an experiment will do.
    Planned {
        /// The experiment file.
        experiment: PathBuf,
        /// The settings that changed since its last run here, as `top.dropout 0.5 -> 0.3`.
        changes: Vec<String>,
        /// Stages whose result is stored.
        cached: Vec<String>,
        /// Stages that run.
        run: Vec<String>,
    },
    /// An experiment file is not valid; its last good run stays.
    Broken {
        /// The experiment file.
        experiment: PathBuf,
        /// Its problems, with line and caret.
        problems: String,
    },
    /// An experiment file that was broken is valid again.
    Mended {
        /// The experiment file.
        experiment: PathBuf,
    },
    /// An experiment waits for others.
    Queued {
        /// The experiment file.
        experiment: PathBuf,
        /// The queue, the next one first.
        queue: Vec<PathBuf>,
    },
    /// Several experiments wait.
    Queue {
        /// All that wait, the next one first.
        waiting: Vec<PathBuf>,
    },
    /// An experiment that waited does not wait any longer.
    Withdrawn {
        /// The experiment file.
        experiment: PathBuf,
    },
    /// An experiment's turn has come: what there is of it is looked at, then it runs.
    Started {
        /// The experiment file.
        experiment: PathBuf,
    },
    /// An experiment's turn is over.
    Ended {
        /// The experiment file.
        experiment: PathBuf,
        /// How it ended.
        finish: Finish,
    },
    /// A run is asked to stop after its batch.
    Stopping {
        /// The experiment file.
        experiment: PathBuf,
        /// Why.
        why: String,
    },
    /// A change came while the experiment was running, and is left alone until the next one.
    Skipped {
        /// The experiment file.
        experiment: PathBuf,
    },
    /// An experiment file is gone.
    Removed {
        /// The experiment file.
        experiment: PathBuf,
    },
    /// A run could not be done.
    Failed {
        /// The experiment file.
        experiment: PathBuf,
        /// Why, with hints.
        error: String,
    },
    /// The folder is gone; it is waited for.
    Lost {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder is there again, or the machine woke up: everything is looked at anew.
    Back {
        /// The folder.
        folder: PathBuf,
    },
    /// Something in a run.
    Run {
        /// The experiment file.
        experiment: PathBuf,
        /// What.
        #[serde(flatten)]
        event: Event,
    },
    /// Something in a sweep.
    Sweep {
        /// The experiment file.
        experiment: PathBuf,
        /// The metric that the sweep compares its points by, as `metrics.csv` calls it.
        objective: String,
        /// What.
        #[serde(flatten)]
        event: SweepEvent,
    },
}

impl WatchEvent {
    /// The experiment that it is about, if it is about one.
    pub fn experiment(&self) -> Option<&Path> {
        match self {
            Self::Watching { .. }
            | Self::Polling { .. }
            | Self::Queue { .. }
            | Self::Lost { .. }
            | Self::Back { .. } => None,
            Self::Found { experiment }
            | Self::Unchanged { experiment }
            | Self::Changed { experiment, .. }
            | Self::Planned { experiment, .. }
            | Self::Broken { experiment, .. }
            | Self::Mended { experiment }
            | Self::Queued { experiment, .. }
            | Self::Withdrawn { experiment }
            | Self::Started { experiment }
            | Self::Ended { experiment, .. }
            | Self::Stopping { experiment, .. }
            | Self::Skipped { experiment }
            | Self::Removed { experiment }
            | Self::Failed { experiment, .. }
            | Self::Run { experiment, .. }
            | Self::Sweep { experiment, .. } => Some(experiment),
        }
    }
}

/// How an experiment's turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// Its run is done, or was done before.
    Done,
    /// It was asked to stop, and did.
    Stopped,
    /// It could not be done.
    Failed,
}

/// Whoever wants to know.
pub trait WatchReporter: Send + Sync {
    /// Takes note of one event.
    fn event(&self, event: &WatchEvent);
}
