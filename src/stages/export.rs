//! A trained network in one piece, as a file that other programs read.

use std::collections::BTreeMap;

use super::convert;
use super::error::StageError;
use super::trained::TrainedRun;
use crate::net::{CHANNELS, TENSOR_INDICES, top_tensor_names};
use crate::spec::knobs::Precision;
use crate::train::NamedTensor;
use crate::weights::{self, Convolution, Dense, ImageInput, TrainedNetwork};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Tensors under torchvision's names.
    Safetensors,
    /// A graph from images to probabilities.
    Onnx(ImageInput),
}

/// The bytes of a file with the whole network of a run.
///
/// # Errors
///
/// The run's tensors are not those that its spec asks for.
pub fn export(run: &TrainedRun, format: ExportFormat) -> Result<Vec<u8>, StageError> {
    let network = network(run)?;
    Ok(match format {
        ExportFormat::Safetensors => weights::export_safetensors(&network),
        ExportFormat::Onnx(input) => weights::export_onnx(&network, input),
    })
}

/// How an exported network differs from the run's own, where it does: other programs compute all of it in f32.
pub fn export_warning(run: &TrainedRun) -> Option<String> {
    let precision = run.precision();
    (precision != Precision::F32).then(|| {
        format!(
            "the run's frozen layers are computed in `{precision}`, the exported ones in f32: probabilities will differ from \
             those of `predict` by more than rounding"
        )
    })
}

fn network(run: &TrainedRun) -> Result<TrainedNetwork, StageError> {
    // Holds every tensor to its shape.
    run.model()?;
    let experiment = &run.experiment;
    Ok(TrainedNetwork {
        convolutions: (0..TENSOR_INDICES.len()).map(|index| convolution(run, index)).collect(),
        dense: (0..=experiment.top.hidden.units().len()).filter_map(|layer| dense(run, layer)).collect(),
        activation: convert::activation(experiment.top.activation),
        classes: run.classes.clone(),
        preprocess: convert::trained_on(experiment.data.preprocess),
        size: run.size(),
        metadata: metadata(run),
    })
}

/// A convolution as the run left it: trained, or as the base has it.
fn convolution(run: &TrainedRun, index: usize) -> Convolution {
    let place = TENSOR_INDICES[index];
    let base = run.weights.convolution(index);
    let values = |name: String, base: &[f32]| tensor(run, &name).map_or(base, |it| it.values.as_slice()).to_vec();
    Convolution {
        inputs: CHANNELS[index],
        outputs: CHANNELS[index + 1],
        weights: values(format!("features.{place}.weight"), &base.weight),
        bias: values(format!("features.{place}.bias"), &base.bias),
    }
}

fn dense(run: &TrainedRun, layer: usize) -> Option<Dense> {
    let [weight, bias] = top_tensor_names(layer);
    let (weight, bias) = (tensor(run, &weight)?, tensor(run, &bias)?);
    let (inputs, outputs) = (weight.shape[1], weight.shape[0]);
    Some(Dense { inputs, outputs, weights: weight.values.clone(), bias: bias.values.clone() })
}

fn tensor<'a>(run: &'a TrainedRun, name: &str) -> Option<&'a NamedTensor> {
    run.tensors.iter().find(|tensor| tensor.name == name)
}

fn metadata(run: &TrainedRun) -> BTreeMap<String, String> {
    let experiment = &run.experiment;
    let mut metadata: BTreeMap<String, String> = [
        ("resize", experiment.data.resize.to_string()),
        ("precision", run.precision().to_string()),
        ("spec", experiment.to_toml(&experiment.project_root)),
        ("base_weights", run.weights.digest().to_string()),
        ("origin", format!("trained by frostline on {}", run.origin)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into();
    if let Some(license) = run.origin.license() {
        metadata.insert("license".to_owned(), format!("{license} (the base's weights)"));
    }
    metadata
}
