//! Reads safetensors: torchvision's and timm's names, and frostline's own files.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensors};

use super::element::Element;
use super::error::Problem;
use super::found::{Found, Values};

pub(super) const FORMAT: &str = "safetensors file";

/// All tensors of a file, and its metadata.
pub(super) fn tensors(bytes: &[u8]) -> Result<(Vec<Found<'_>>, BTreeMap<String, String>), Problem> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| Problem::damaged(FORMAT, error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| Problem::damaged(FORMAT, error))?;
    let metadata = header.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect();
    let tensors = file.iter().map(|(name, view)| Found {
        name: name.to_owned(),
        shape: view.shape().to_vec(),
        element: element(view.dtype()),
        values: Values::Bytes(view.data()),
    });
    Ok((tensors.collect(), metadata))
}

fn element(dtype: Dtype) -> Result<Element, String> {
    match dtype {
        Dtype::F16 => Ok(Element::F16),
        Dtype::BF16 => Ok(Element::Bf16),
        Dtype::F32 => Ok(Element::F32),
        Dtype::F64 => Ok(Element::F64),
        other => Err(format!("{other:?}").to_lowercase()),
    }
}
