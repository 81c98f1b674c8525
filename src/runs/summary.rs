//! What came out of a run, how long it took, and what it was made of: `summary.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::digest::Digest;

/// The content of `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The experiment's name.
    pub name: String,
    /// The run's id.
    pub id: String,
    /// When the run first started.
    pub started: Moment,
    /// When it ended.
    pub finished: Moment,
    /// Seconds of work, over all the times that it was taken up.
    pub seconds: f64,
    /// The stages, in order.
    pub stages: Vec<StageSummary>,
    /// The classes, in order of their index.
    pub classes: Vec<String>,
    /// How many images there were.
    pub images: Images,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
    /// Digest of the resolved spec.
    pub spec_digest: Digest,
    /// Digest of the data.
    pub data_digest: Digest,
    /// Digest of the weights.
    pub weights_digest: Digest,
    /// The version of frostline.
    pub version: String,
    /// The commit that the project stood at, followed by `+` if tracked files differed from it.
    pub git_commit: Option<String>,
    /// Where it ran.
    pub machine: Machine,
    /// Who set each setting that has not its default: `experiments/pets.toml:7:1`, `--set top.dropout=0.3`.
    #[serde(default)]
    pub origins: BTreeMap<String, String>,
    /// What the experiment extends; none where it extends nothing.
    #[serde(default)]
    pub template: Option<Template>,
}

/// What an experiment was written on top of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The names of the files that it extends.
    pub name: String,
    /// The settings that differ: what the template has, and what the run has; none where it has no such key.
    pub differs: BTreeMap<String, (Option<String>, Option<String>)>,
}

/// What came out of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageSummary {
    /// The stage, such as `top`.
    pub stage: String,
    /// Whether it was computed.
    pub origin: Origin,
    /// Why: `top.dropout 0.5 -> 0.3`, `all 2800 images are stored`, ...
    pub why: String,
    /// Seconds that it took in this run.
    pub seconds: f64,
    /// Records or epochs that were computed.
    pub computed: u64,
    /// Records or epochs that came from the cache.
    pub reused: u64,
    /// The cache entry that holds its result.
    pub key: Option<String>,
    /// After the last epoch; none for a stage that trains nothing.
    #[serde(rename = "final")]
    pub last: Option<Metrics>,
    /// At the epoch with the best validation accuracy.
    pub best: Option<Best>,
    /// Whether it ended before its last epoch, and why.
    pub ended_early: Option<String>,
}

/// Where a stage's result came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// All of it from the cache.
    Cached,
    /// All of it was computed in this run.
    Computed,
    /// Some from the cache, the rest was computed.
    Continued,
}

/// The metrics of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Training accuracy, 0 to 1.
    pub accuracy: f64,
    /// Training loss.
    pub loss: f64,
    /// Validation accuracy, 0 to 1.
    pub val_accuracy: Option<f64>,
    /// Validation loss.
    pub val_loss: Option<f64>,
}

/// The metrics of the best epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Counted from 0.
    pub epoch: u32,
    /// Its metrics.
    #[serde(flatten)]
    pub metrics: Metrics,
}

/// How many images there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Images {
    /// Trained on.
    pub train: u64,
    /// Validated on.
    pub validation: u64,
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path.
    pub path: String,
    /// What is wrong with it.
    pub why: String,
}

/// Where a run ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The machine's name.
    pub host: Option<String>,
    /// Operating system and architecture, such as `linux x86_64`.
    pub platform: String,
    /// What computed, such as `cpu`.
    pub device: String,
    /// The instruction set of the kernels, such as `avx512`.
    pub isa: String,
    /// How many threads.
    pub threads: u32,
}
