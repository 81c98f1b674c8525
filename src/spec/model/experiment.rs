//! The whole experiment.

use std::path::PathBuf;

use super::{Bottleneck, Data, FineTune, Sweep, Top, Weights};
use crate::spec::knobs::{Device, Name, Seed, Tags};
use crate::spec::origin::Provenance;

/// A checked experiment: what runs.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Names its folder in `runs/`.
    pub name: Name,
    /// Where every random draw starts.
    pub seed: Seed,
    /// Where the network is computed.
    pub device: Device,
    /// Labels for people.
    pub tags: Tags,
    /// The images.
    pub data: Data,
    /// The weights of the convolutional base.
    pub weights: Weights,
    /// How features are extracted.
    pub bottleneck: Bottleneck,
    /// The classifier on the stored features.
    pub top: Top,
    /// Fine-tuning; `None`: the experiment ends after `top`.
    pub fine_tune: Option<FineTune>,
    /// Variations of this experiment; ignored by a run.
    pub sweep: Option<Sweep>,
    /// The folder that holds `experiments/`, `runs/` and usually `data/`; absolute.
    pub project_root: PathBuf,
    /// The file and every file it extends, absolute: what to watch.
    pub source_files: Vec<PathBuf>,
    /// Who set each key.
    pub provenance: Provenance,
}
