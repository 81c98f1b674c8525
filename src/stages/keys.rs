//! What each stage's result depends on, listed once.
//!
//! A name, a tag, a comment, a path and a batch size of extraction are absent on purpose: the result does not depend
//! on them. Data enter by content; so does the device, since no two compute the same last bits. The version of a stage's code is an input; the version of the package is not.
//!
//! That a result depends on no batch size is true to the bit on the CPU. On a GPU cuBLAS picks its kernels by shape: last bits may
//! depend on the batches that an extraction was cut into, which are left out all the same.

use super::prepare::Prepared;
use crate::cache::Inputs;
use crate::spec::knobs::Precision;

/// The name of [`activations_version`] among a trained stage's inputs.
pub(super) const ACTIVATIONS_CODE: &str = "activations code";

/// A number that is raised whenever the same images and settings would give other activations: decoding, resizing,
/// preprocessing, convolutions.
fn activations_version(precision: Precision) -> u32 {
    match precision {
        Precision::F32 | Precision::Bf16 => 2,
        Precision::Bf16Amx => 3,
    }
}

/// Raised whenever the same features and settings would give another top model.
const TOP_VERSION: u32 = 3;
/// Raised whenever the same images, top model and settings would give another fine-tuned network.
const FINE_TUNE_VERSION: u32 = 3;
/// The settings that decide what the convolutional base sees.
pub(super) const IMAGE_SETTINGS: [&str; 3] = ["data.target_size", "data.resize", "data.preprocess"];

/// The key of the shelf that holds the activations at one depth of the base, a record an image.
pub(super) fn activations(prepared: &Prepared, depth: usize, precision: Precision) -> Inputs {
    let inputs = Inputs::new("activations")
        .with("code", activations_version(precision))
        .with("weights", prepared.weights_digest)
        .with("depth", depth)
        .with("precision", precision)
        .with("device", prepared.engine.name());
    with_settings(inputs, prepared, |key| IMAGE_SETTINGS.contains(&key))
}

/// The key of the top model's training on a device, without `top.epochs` where a longer training goes on from a shorter
/// one.
pub(super) fn top(prepared: &Prepared, device: &str) -> Inputs {
    let total_matters = prepared.experiment.top.schedule.depends_on_total();
    let inputs = trained(prepared, "top", TOP_VERSION, &[prepared.experiment.bottleneck.precision]);
    with_settings(inputs.with("device", device), prepared, |key| {
        key.starts_with("top.") && (total_matters || key != "top.epochs")
    })
}

/// The key of fine-tuning on a device, without `fine_tune.epochs` where a longer training goes on from a shorter one.
pub(super) fn fine_tune(prepared: &Prepared, device: &str) -> Inputs {
    let total_matters = prepared.experiment.fine_tune.as_ref().is_some_and(|it| it.schedule.depends_on_total());
    let precisions = &precisions(prepared);
    let inputs = trained(prepared, "fine_tune", FINE_TUNE_VERSION, precisions)
        .with("top code", TOP_VERSION)
        .with("device", device);
    with_settings(inputs, prepared, |key| {
        key.starts_with("top.") || key.starts_with("fine_tune.") && (total_matters || key != "fine_tune.epochs")
    })
}

/// The identity of a whole run: the resolved experiment, the data, the weights and the code of every stage. Not the
/// device that `auto` finds: a run that is resumed where there is another goes on.
pub(super) fn run(prepared: &Prepared) -> Inputs {
    let inputs = trained(prepared, "run", TOP_VERSION, &precisions(prepared))
        .with("fine_tune code", FINE_TUNE_VERSION)
        .with("experiment", prepared.experiment.digest());
    // The experiment names the earlier run; another run may have its name one day.
    match &prepared.initial_top {
        Some(top) => inputs.with("top.init", top.digest),
        None => inputs,
    }
}

/// The precisions of an experiment's activations: of the bottleneck features, and of the frozen part of fine-tuning.
fn precisions(prepared: &Prepared) -> Vec<Precision> {
    let fine_tune = prepared.experiment.fine_tune.as_ref().map(|settings| settings.frozen_precision);
    [prepared.experiment.bottleneck.precision].into_iter().chain(fine_tune).collect()
}

/// What every trained stage reads: images by content, weights by content, and how images become features.
fn trained(prepared: &Prepared, stage: &str, version: u32, precisions: &[Precision]) -> Inputs {
    let activations = precisions.iter().map(|&precision| activations_version(precision)).max();
    let inputs = Inputs::new(stage)
        .with("code", version)
        .with(ACTIVATIONS_CODE, activations.expect("there are bottleneck features"))
        .with("weights", prepared.weights_digest)
        .with("training images", prepared.train.digest())
        .with("validation images", prepared.validation.digest());
    with_settings(inputs, prepared, |key| {
        IMAGE_SETTINGS.contains(&key) || key == "bottleneck.precision" || key == "seed"
    })
}

/// Settings as they are; the earlier run that a top goes on from counts by its content, not by its name.
fn with_settings(inputs: Inputs, prepared: &Prepared, wanted: impl Fn(&str) -> bool) -> Inputs {
    let settings = prepared.experiment.settings().into_iter().filter(|(key, _)| wanted(key));
    settings.fold(inputs, |inputs, (key, value)| match (key.as_str(), &prepared.initial_top) {
        ("top.init", Some(top)) => inputs.with(&key, top.digest),
        _ => inputs.with(&key, value),
    })
}
