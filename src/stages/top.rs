//! The top stage: a classifier trained on the stored bottleneck features.

use std::sync::Arc;

use super::activations::Activations;
use super::error::StageError;
use super::ledger::Ledger;
use super::samples::Stored;
use super::training::{self, Job, Trained};
use super::work::Work;
use super::{convert, keys};
use crate::data::Manifest;
use crate::event::Stage;
use crate::train::{self, Data, Model};

/// Trains the classifier, or takes it over from the cache.
pub(super) fn train(
    work: &Work<'_>,
    run: &Ledger<'_>,
    features: &Activations,
    images: (&Arc<Manifest>, &Arc<Manifest>),
) -> Result<(Box<dyn Model>, Trained), StageError> {
    let experiment = &work.prepared.experiment;
    let shape = convert::top_shape(work.prepared, experiment.top.dropout.get());
    let mut model = train::top_model_on(work.prepared.engine, &shape, experiment.seed.get())?;
    if let Some(top) = &work.prepared.initial_top {
        model.import(&top.tensors)?;
    }
    let mut training = Stored::new(Stage::Top, &features.shelf, images.0);
    let mut validation = Stored::new(Stage::Top, &features.shelf, images.1);
    let job = Job {
        stage: Stage::Top,
        inputs: keys::top(work.prepared, &work.lineage.device),
        settings: convert::top_settings(experiment),
        model: model.as_mut(),
        data: Data { train: &mut training, validation: Some(&mut validation) },
        earlier: &[],
    };
    let trained = training::train(work, run, job)?;
    Ok((model, trained))
}
