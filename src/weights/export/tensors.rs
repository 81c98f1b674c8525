//! safetensors: tensors by name, without the graph.
//!
//! The format (huggingface/safetensors, format.md): the header's length as a little-endian u64, the header as JSON, the
//! values. The header is written here because the crate keeps metadata in a hash map, whose order would change from run
//! to run; the same network must be the same bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use half::f16;
use serde_json::{Map, Value, json};

use super::network::TrainedNetwork;
use crate::net::TENSOR_INDICES;
use crate::weights::Convolution;

/// Headers are padded with blanks to a multiple of this, so that values are aligned.
const ALIGNMENT: usize = 8;
/// A dense layer, its activation and its dropout are three entries of torchvision's `classifier`.
const ENTRIES_A_LAYER: usize = 3;

/// A tensor to be written.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// Its name.
    pub name: String,
    /// Dims, outermost first.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub values: &'a [f32],
}

/// The type that values are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// As they are.
    F32,
    /// Rounded to the nearest f16.
    F16,
}

impl Element {
    fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
        }
    }

    fn size(self) -> usize {
        match self {
            Self::F32 => size_of::<f32>(),
            Self::F16 => size_of::<f16>(),
        }
    }

    fn bytes(self, values: &[f32]) -> Cow<'_, [u8]> {
        match self {
            Self::F32 => Cow::Borrowed(bytemuck::cast_slice(values)),
            Self::F16 => Cow::Owned(values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect()),
        }
    }
}

/// The whole network under torchvision's names: `features.0.weight` to `features.28.bias`, and `classifier.0`,
/// `classifier.3`... as in `Sequential(Linear, ReLU, Dropout, Linear)`.
pub fn export_safetensors(network: &TrainedNetwork) -> Vec<u8> {
    let mut metadata = network.described();
    metadata.insert("format".to_owned(), "pt".to_owned());
    let mut tensors = named_convolutions(&network.convolutions);
    for (at, layer) in network.dense.iter().enumerate() {
        let place = at * ENTRIES_A_LAYER;
        let shape = vec![layer.outputs, layer.inputs];
        tensors.push(Named { name: format!("classifier.{place}.weight"), shape, values: &layer.weights });
        tensors.push(bias(format!("classifier.{place}.bias"), &layer.bias));
    }
    encode_safetensors(&metadata, &tensors, Element::F32)
}

/// A base's tensors under torchvision's names.
pub(super) fn named_convolutions(convolutions: &[Convolution]) -> Vec<Named<'_>> {
    convolutions.iter().zip(TENSOR_INDICES).flat_map(|(layer, place)| named_convolution(layer, place)).collect()
}

fn named_convolution(layer: &Convolution, place: usize) -> [Named<'_>; 2] {
    let shape = vec![layer.outputs, layer.inputs, 3, 3];
    let weight = Named { name: format!("features.{place}.weight"), shape, values: &layer.weights };
    [weight, bias(format!("features.{place}.bias"), &layer.bias)]
}

fn bias(name: String, values: &[f32]) -> Named<'_> {
    Named { name, shape: vec![values.len()], values }
}

/// The bytes of a safetensors file: metadata, and tensors in the order of their names, all of one type.
pub fn encode_safetensors(metadata: &BTreeMap<String, String>, tensors: &[Named<'_>], element: Element) -> Vec<u8> {
    let mut sorted: Vec<&Named<'_>> = tensors.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!(metadata));
    let mut offset = 0;
    for tensor in &sorted {
        let end = offset + tensor.values.len() * element.size();
        let entry = json!({ "dtype": element.name(), "shape": tensor.shape, "data_offsets": [offset, end] });
        header.insert(tensor.name.clone(), entry);
        offset = end;
    }
    let mut text = Value::Object(header).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(ALIGNMENT), b' ');
    let mut bytes = Vec::with_capacity(ALIGNMENT + text.len() + offset);
    bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&text);
    for tensor in sorted {
        bytes.extend_from_slice(&element.bytes(tensor.values));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;

    #[test]
    fn the_header_is_what_the_safetensors_crate_reads() {
        let tensor = |name: &str, values| Named { name: name.to_owned(), shape: vec![2], values };
        let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
        let bytes = encode_safetensors(&metadata, &[tensor("b", &[1.0; 2]), tensor("a", &[2.0; 2])], Element::F32);
        let read = SafeTensors::deserialize(&bytes).expect("a sound file");
        assert_eq!(read.names().len(), 2);
        assert_eq!(read.tensor("a").expect("a tensor").data(), [0, 0, 0, 64, 0, 0, 0, 64]);
        let bytes = encode_safetensors(&metadata, &[tensor("a", &[2.0; 2])], Element::F16);
        let read = SafeTensors::deserialize(&bytes).expect("a sound file");
        assert_eq!(read.tensor("a").expect("a tensor").data(), [0, 64, 0, 64]);
    }
}
