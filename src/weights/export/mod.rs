//! A trained network, whole, as files that others read.

mod base;
mod network;
mod onnx;
mod tensors;

pub(super) use base::VALUES;
pub use base::export_base;
pub use network::{Dense, ImageInput, TrainedNetwork};
pub use onnx::export_onnx;
pub use tensors::{Element, Named, encode_safetensors, export_safetensors};
