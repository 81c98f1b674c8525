//! What happens in a sweep: the vocabulary between its work and whoever shows it.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::event::Event;
use crate::runs::State;

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "sweep_event", rename_all = "snake_case")]
pub enum SweepEvent {
    /// Every point is resolved, validated and frozen.
    Frozen {
        /// The experiment's name.
        name: String,
        /// The sweep's id, `NNNN-xxxxxxxx`.
        id: String,
        /// Its folder.
        path: PathBuf,
        /// Points in all; for a strategy that chooses them one by one, as many as there will be.
        points: u64,
        /// Runs in all: points times repeats.
        runs: u64,
        /// Runs that are done.
        done: u64,
    },
    /// Work that several points share is about to be done, once for all.
    Sharing {
        /// `bottleneck`, `frozen part` or `top`.
        what: &'static str,
        /// For how many runs.
        runs: u64,
    },
    /// A job was submitted to a cluster.
    Submitted {
        /// Its number there.
        job: String,
        /// What it is: `bottleneck-1`, `points-1`.
        name: String,
        /// How many runs, or workers, it has.
        runs: u64,
    },
    /// A run of a point begins, or goes on.
    Began {
        /// Which.
        run: PointRun,
    },
    /// Something happened in a run of a point, or in shared work.
    Run {
        /// Which; `None`: shared work.
        run: Option<PointRun>,
        /// What.
        event: Event,
    },
    /// A run of a point ended.
    Ended {
        /// Which.
        run: PointRun,
        /// How.
        state: State,
        /// What it reached of the objective.
        value: Option<f64>,
        /// Why it failed.
        error: Option<String>,
        /// How long this process worked on it.
        elapsed: Duration,
        /// Runs that are done, and runs in all.
        progress: (u64, u64),
        /// The best run so far, and what it reached.
        best: Option<(PointRun, f64)>,
    },
    /// Nothing more is done, and the results are written.
    Finished {
        /// The sweep's folder.
        path: PathBuf,
    },
}

/// A run of a point, as people call it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PointRun {
    /// The point, counted from 1.
    pub point: u32,
    /// The seed of the run.
    pub seed: u64,
    /// Runs of each point.
    pub repeats: u32,
    /// The settings that the point replaces: `top.dropout = 0.3, top.epochs = 50`.
    pub values: String,
}

/// Whoever wants to know what happens in a sweep. It may be called from several threads at once.
pub trait SweepReporter: Send + Sync {
    /// Takes note of one event.
    fn event(&self, event: &SweepEvent);
}

/// A reporter that takes no note of anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl SweepReporter for Silent {
    fn event(&self, _: &SweepEvent) {}
}
