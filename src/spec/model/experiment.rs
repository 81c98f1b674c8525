//! The whole experiment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Bottleneck, Data, FineTune, Listing, Setting, Sweep, Top, Weights};
use crate::spec::context::Context;
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
    /// What it was loaded from.
    pub(in crate::spec) context: Arc<Context>,
}

impl Experiment {
    /// A path as it is written in a setting, seen from whoever wrote that.
    pub fn absolute(&self, key: &str, path: &str) -> PathBuf {
        self.context.absolute(self.provenance.of(key), path)
    }

    /// All settings but `[sweep]`, in the order of the manual; `path` says how paths are written.
    pub fn listed(&self, path: &dyn Fn(&Path) -> String) -> Vec<Setting> {
        let mut out = Listing::new(path);
        out.knob("name", &self.name);
        out.knob("seed", &self.seed);
        out.knob("device", &self.device);
        out.knob("tags", &self.tags);
        out.section("data", |out| self.data.list(out));
        out.section("weights", |out| self.weights.list(out));
        out.section("bottleneck", |out| self.bottleneck.list(out));
        out.section("top", |out| self.top.list(out));
        if let Some(fine_tune) = &self.fine_tune {
            out.section("fine_tune", |out| fine_tune.list(out));
        }
        out.into_settings()
    }
}
