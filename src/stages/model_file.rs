//! `model.safetensors`: the trained tensors, with what is needed to use them in the metadata.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde_json::json;

use super::prepare::Prepared;
use crate::digest::Digest;
use crate::train::{ModelError, NamedTensor};
use crate::weights::{Element, Named, encode_safetensors};

/// The bytes of a network's file: tensors in the order of their names, classes and spec in the metadata.
pub(super) fn bytes(prepared: &Prepared, tensors: &[NamedTensor]) -> Vec<u8> {
    let named = tensors.iter().map(|NamedTensor { name, shape, values }| Named {
        name: name.clone(),
        shape: shape.clone(),
        values,
    });
    let tensors: Vec<Named<'_>> = named.collect();
    encode_safetensors(&metadata(prepared), &tensors, Element::F32)
}

/// What a network's file holds.
#[derive(Clone, Debug)]
pub(super) struct ModelFile {
    /// Trained tensors.
    pub tensors: Vec<NamedTensor>,
    /// The classes, in the order of their indices.
    pub classes: Vec<String>,
    /// The digest of the base's weights.
    pub weights: Digest,
}

/// A run's network cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the network `{}` cannot be used", path.display())]
pub struct ModelFileError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub problem: ModelFileProblem,
}

/// Why a run's network cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileProblem {
    /// The file is not there: the run has not ended well.
    #[error("it is not there: the run has not come to its end")]
    Missing,
    /// The file cannot be read.
    #[error("it cannot be read")]
    Io(#[source] std::io::Error),
    /// It is no safetensors file.
    #[error("it is no whole safetensors file")]
    Format(#[source] safetensors::SafeTensorError),
    /// A tensor of another type than frostline writes.
    #[error("`{name}` is of type {found}, expected F32")]
    Dtype {
        /// Its name.
        name: String,
        /// Its type.
        found: String,
    },
    /// The metadata lacks something.
    #[error("its metadata have no usable `{0}`")]
    Metadata(&'static str),
    /// The tensors are not those of the run's spec.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The base's weights are no longer those that the run used.
    #[error("it stands on other weights than `{}` holds now", path.display())]
    OtherWeights {
        /// Where the spec says that the weights are.
        path: PathBuf,
    },
}

/// Reads a network's file.
pub(super) fn read(path: &Path) -> Result<ModelFile, ModelFileError> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ModelFileProblem::Missing,
        _ => ModelFileProblem::Io(error),
    });
    bytes.and_then(|bytes| decode(&bytes)).map_err(|problem| ModelFileError { path: path.to_owned(), problem })
}

fn decode(bytes: &[u8]) -> Result<ModelFile, ModelFileProblem> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(ModelFileProblem::Format)?;
    let file = SafeTensors::deserialize(bytes).map_err(ModelFileProblem::Format)?;
    let text = |key: &'static str| {
        header.metadata().as_ref().and_then(|metadata| metadata.get(key)).ok_or(ModelFileProblem::Metadata(key))
    };
    let classes = serde_json::from_str(text("classes")?).map_err(|_| ModelFileProblem::Metadata("classes"))?;
    let weights = text("weights")?.parse().map_err(|_| ModelFileProblem::Metadata("weights"))?;
    let tensor = |(name, view): (&str, safetensors::tensor::TensorView<'_>)| match view.dtype() {
        Dtype::F32 => Ok(NamedTensor {
            name: name.to_owned(),
            shape: view.shape().to_vec(),
            values: view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        }),
        other => Err(ModelFileProblem::Dtype { name: name.to_owned(), found: format!("{other:?}") }),
    };
    Ok(ModelFile { tensors: file.iter().map(tensor).collect::<Result<_, _>>()?, classes, weights })
}

fn metadata(prepared: &Prepared) -> BTreeMap<String, String> {
    let experiment = &prepared.experiment;
    let pairs = [
        ("format", "pt".to_owned()),
        ("architecture", "vgg16".to_owned()),
        ("classes", json!(prepared.train.classes).to_string()),
        ("spec", experiment.to_toml(&experiment.project_root)),
        ("weights", prepared.weights_digest.to_string()),
    ];
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}
