//! What several runs have in common: which work that is, and doing it for all of them before any of them begins.

use super::device::Lineage;
use super::error::StageError;
use super::ledger::Ledger;
use super::prepare::Prepared;
use super::run::{Images, Request, bottleneck, on_the_pool, open_cache};
use super::work::Work;
use super::{fine_tune, keys, reasons, top};
use crate::digest::Digest;
use crate::net::CONVOLUTIONS;

/// Work whose result more than one run may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The bottleneck features of all images.
    Features,
    /// The activations at the cut of the images that fine-tuning does not augment.
    Cut,
    /// The trained top.
    Top,
}

/// The identities of an experiment's parts: equal where two experiments share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Of the bottleneck features.
    pub features: Digest,
    /// Of the activations at the cut; `None` without fine-tuning.
    pub cut: Option<Digest>,
    /// Of the top's training, whatever its number of epochs where a longer one goes on from a shorter one.
    pub top: Digest,
    /// Epochs of the top.
    pub top_epochs: u32,
    /// Of the fine-tuning, likewise; `None` without.
    pub fine_tune: Option<Digest>,
}

impl Shares {
    /// The parts of an experiment.
    pub fn of(prepared: &Prepared) -> Self {
        let experiment = &prepared.experiment;
        let activations = |depth, precision| {
            let inputs = keys::activations(prepared, depth, precision);
            inputs
                .with("training images", prepared.train.digest())
                .with("validation images", prepared.validation.digest())
        };
        let cut = experiment.fine_tune.as_ref().map(|it| {
            let augmented = !super::convert::augment(&it.augment).is_identity();
            activations(it.frozen_layers.get() as usize, it.frozen_precision).with("augmented", augmented).digest()
        });
        Self {
            features: activations(CONVOLUTIONS, experiment.bottleneck.precision).digest(),
            cut,
            top: keys::top(prepared, prepared.engine.name()).digest(),
            top_epochs: experiment.top.epochs.get(),
            fine_tune: experiment
                .fine_tune
                .as_ref()
                .map(|_| keys::fine_tune(prepared, prepared.engine.name()).digest()),
        }
    }
}

/// Computes one part and stores it; what is stored already takes no time.
///
/// # Errors
///
/// Whatever stops a stage; what was computed is stored.
pub fn warm(request: &Request<'_>, part: Part) -> Result<(), StageError> {
    on_the_pool(|| compute(request, part))
}

fn compute(request: &Request<'_>, part: Part) -> Result<(), StageError> {
    let cache = open_cache(request)?;
    let preferred = reasons::keys_of_earlier_runs(request.runs, request.prepared.experiment.name.as_str());
    let lineage = Lineage::of(request.prepared.engine);
    let work = Work::new(request, &cache, &preferred, &lineage);
    let (features, _) = bottleneck(&work, &Ledger::nobody())?;
    let images = Images::usable(work.prepared, &features)?;
    match part {
        Part::Features => {}
        Part::Cut => {
            if let Some(settings) = &work.prepared.experiment.fine_tune {
                fine_tune::at_cut(&work, settings, images.pair())?;
            }
        }
        Part::Top => {
            top::train(&work, &Ledger::nobody(), &features, images.pair())?;
        }
    }
    Ok(())
}
