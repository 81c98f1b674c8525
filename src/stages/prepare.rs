//! The world, looked at once: which images there are, which weights, all pinned down by content.

use std::sync::Arc;

use super::convert;
use super::error::StageError;
use crate::data::{self, Manifest};
use crate::digest::Digest;
use crate::net::BaseWeights;
use crate::spec::Experiment;
use crate::spec::model::Validation;
use crate::weights;

/// An experiment with everything that it reads, by content. A run uses nothing else.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The checked experiment.
    pub experiment: Arc<Experiment>,
    /// Training images.
    pub train: Arc<Manifest>,
    /// Validation images.
    pub validation: Arc<Manifest>,
    /// The base's weights.
    pub weights: BaseWeights,
    /// Of the weights' values, whatever file they came in.
    pub weights_digest: Digest,
    /// What is odd about the data or the weights, though usable.
    pub warnings: Vec<String>,
}

/// Scans the image folders and reads the weights.
///
/// # Errors
///
/// Where folders, images or weights are unusable; all problems of a folder are reported together.
pub fn prepare(experiment: Experiment) -> Result<Prepared, StageError> {
    super::device::require(experiment.device)?;
    let (train, validation) = manifests(&experiment)?;
    let imported = weights::read_vgg16(&experiment.weights.path)?;
    let mut warnings: Vec<String> = data::warnings(&train, &validation).iter().map(ToString::to_string).collect();
    warnings.extend(imported.preprocess_warning(convert::trained_on(experiment.data.preprocess)));
    let weights = convert::base_weights(imported);
    Ok(Prepared {
        experiment: Arc::new(experiment),
        train: Arc::new(train),
        validation: Arc::new(validation),
        weights_digest: weights.digest(),
        weights,
        warnings,
    })
}

/// Training and validation images as an experiment names them.
pub(super) fn manifests(experiment: &Experiment) -> Result<(Manifest, Manifest), StageError> {
    let settings = &experiment.data;
    let mut options = convert::scan_options(settings);
    let train = data::scan(&settings.train, &options)?;
    match &settings.validation {
        Validation::Fraction(fraction) => Ok(data::split(&train, fraction.get(), experiment.seed.get())?),
        Validation::Folder(folder) => {
            options.classes = Some(train.classes.clone());
            let validation = data::scan(folder, &options)?;
            Ok((train, validation))
        }
    }
}
