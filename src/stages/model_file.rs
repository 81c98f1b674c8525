//! `model.safetensors`: the trained tensors, with what is needed to use them in the metadata.
//!
//! The format (huggingface/safetensors, format.md): the header's length as a little-endian u64, the header as JSON, the
//! values. The header is written here because the crate keeps metadata in a hash map, whose order would change from run
//! to run; the same network must be the same bytes.

use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};

use super::prepare::Prepared;
use crate::digest::Digest;
use crate::train::{ModelError, NamedTensor};

/// Headers are padded with blanks to a multiple of this, so that values are aligned.
const ALIGNMENT: usize = 8;

/// The bytes of a network's file: tensors in the order of their names, classes and spec in the metadata.
pub(super) fn bytes(prepared: &Prepared, tensors: &[NamedTensor]) -> Vec<u8> {
    encode(metadata(prepared), tensors)
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

fn encode(metadata: Value, tensors: &[NamedTensor]) -> Vec<u8> {
    let mut sorted: Vec<&NamedTensor> = tensors.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), metadata);
    let mut offset = 0;
    for tensor in &sorted {
        let end = offset + tensor.values.len() * size_of::<f32>();
        let entry = json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [offset, end] });
        header.insert(tensor.name.clone(), entry);
        offset = end;
    }
    let mut text = Value::Object(header).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(ALIGNMENT), b' ');
    let mut bytes = Vec::with_capacity(ALIGNMENT + text.len() + offset);
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&text);
    for tensor in sorted {
        tensor.values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    }
    bytes
}

fn metadata(prepared: &Prepared) -> Value {
    let experiment = &prepared.experiment;
    json!({
        "format": "pt",
        "architecture": "vgg16",
        "classes": json!(prepared.train.classes).to_string(),
        "spec": experiment.to_toml(&experiment.project_root),
        "weights": prepared.weights_digest.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;

    #[test]
    fn the_header_is_what_the_safetensors_crate_reads() {
        let tensor = |name: &str, value| NamedTensor { name: name.to_owned(), shape: vec![2], values: vec![value; 2] };
        let bytes = encode(json!({ "format": "pt" }), &[tensor("b", 1.0), tensor("a", 2.0)]);
        let read = SafeTensors::deserialize(&bytes).expect("a sound file");
        assert_eq!(read.names().len(), 2);
        assert_eq!(read.tensor("a").expect("a tensor").data(), [0, 0, 0, 64, 0, 0, 0, 64]);
    }
}
