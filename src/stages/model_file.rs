//! `model.safetensors`: the trained tensors, with what is needed to use them in the metadata.
//!
//! The format (huggingface/safetensors, format.md): the header's length as a little-endian u64, the header as JSON, the
//! values. The header is written here because the crate keeps metadata in a hash map, whose order would change from run
//! to run; the same network must be the same bytes.

use serde_json::{Map, Value, json};

use super::prepare::Prepared;
use crate::train::NamedTensor;

/// Headers are padded with blanks to a multiple of this, so that values are aligned.
const ALIGNMENT: usize = 8;

/// The bytes of a network's file: tensors in the order of their names, classes and spec in the metadata.
pub(super) fn bytes(prepared: &Prepared, tensors: &[NamedTensor]) -> Vec<u8> {
    encode(metadata(prepared), tensors)
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
