//! The fine-tune stage: the trained top on the base, and the base's last convolutions trained with it.
//!
//! The frozen part of an image that is not augmented is a fixed function of it: computed once, stored, and shared by
//! every fine-tuning with the same cut. Augmented images go through the frozen part in every epoch.

use std::sync::Arc;

use super::activations::{self, Activations, Extraction};
use super::error::StageError;
use super::ledger::Ledger;
use super::samples::{Augmented, Stored};
use super::training::{self, Job, Trained};
use super::work::Work;
use super::{convert, keys};
use crate::data::Manifest;
use crate::event::Stage;
use crate::net::{self, FrozenSpec};
use crate::runs::MetricsRow;
use crate::spec::model::FineTune;
use crate::train::{self, Data, FineTuneSpec, Model, Samples, ThroughFrozen};

/// The images, and the stages before.
pub(super) struct Before<'a> {
    pub images: (&'a Arc<Manifest>, &'a Arc<Manifest>),
    pub top: &'a dyn Model,
    pub rows: &'a [MetricsRow],
}

/// Fine-tunes, or takes the network over from the cache. The activations are those at the cut, for validation.
pub(super) fn train(
    work: &Work<'_>,
    run: &Ledger<'_>,
    settings: &FineTune,
    before: &Before<'_>,
) -> Result<(Box<dyn Model>, Activations, Trained), StageError> {
    let augment = convert::augment(&settings.augment);
    let (train, validation) = before.images;
    run.use_key(&extraction(settings, &[]).key(work.prepared))?;
    let at_cut = at_cut(work, settings, before.images)?;
    let mut samples: Box<dyn Samples> = match augment.is_identity() {
        true => Box::new(Stored::new(Stage::FineTune, &at_cut.shelf, train)),
        false => through_frozen(work, settings, train)?,
    };
    let mut held_out = Stored::new(Stage::FineTune, &at_cut.shelf, validation);
    let mut model = model(work, settings, before.top)?;
    let job = Job {
        stage: Stage::FineTune,
        inputs: keys::fine_tune(work.prepared, &work.lineage.device),
        settings: convert::fine_tune_settings(&work.prepared.experiment, settings),
        model: model.as_mut(),
        data: Data { train: samples.as_mut(), validation: Some(&mut held_out) },
        earlier: before.rows,
    };
    let trained = training::train(work, run, job)?;
    Ok((model, at_cut, trained))
}

/// The activations at the cut of every image that is not augmented: what all fine-tunings with the same cut share.
pub(super) fn at_cut(
    work: &Work<'_>,
    settings: &FineTune,
    (train, validation): (&Arc<Manifest>, &Arc<Manifest>),
) -> Result<Activations, StageError> {
    let augment = convert::augment(&settings.augment);
    let stored: &[&Arc<Manifest>] = if augment.is_identity() { &[train, validation] } else { &[validation] };
    activations::ensure(work, &extraction(settings, stored))
}

/// The activations at the cut that fine-tuning needs stored.
fn extraction<'a>(settings: &FineTune, manifests: &'a [&'a Arc<Manifest>]) -> Extraction<'a> {
    Extraction {
        stage: Stage::FineTune,
        depth: settings.frozen_layers.get() as usize,
        precision: settings.frozen_precision,
        manifests,
    }
}

fn through_frozen(work: &Work<'_>, settings: &FineTune, train: &Arc<Manifest>) -> Result<Box<dyn Samples>, StageError> {
    let size = work.prepared.experiment.data.target_size;
    let spec = FrozenSpec {
        from: 0,
        to: settings.frozen_layers.get() as usize,
        height: size.height as usize,
        width: size.width as usize,
        precision: convert::precision(settings.frozen_precision),
    };
    let base = net::frozen_base_on(work.prepared.engine, &work.prepared.weights, &spec)?;
    let images = Augmented::new(Stage::FineTune, work.prepared, train, convert::augment(&settings.augment));
    Ok(Box::new(ThroughFrozen::new(images, base)))
}

fn model(work: &Work<'_>, settings: &FineTune, top: &dyn Model) -> Result<Box<dyn Model>, StageError> {
    let size = work.prepared.experiment.data.target_size;
    let spec = FineTuneSpec {
        frozen: settings.frozen_layers.get() as usize,
        height: size.height as usize,
        width: size.width as usize,
        top: convert::top_shape(work.prepared, settings.dropout.get()),
    };
    Ok(train::fine_tune_model_on(work.prepared.engine, &work.prepared.weights, &spec, &top.export())?)
}
