//! A trained network, whole, as files that others read.

mod network;
mod onnx;
mod tensors;

pub use network::{Activation, Dense, ImageInput, TrainedNetwork};
pub use onnx::export_onnx;
pub use tensors::{Element, Named, encode_safetensors, export_safetensors};
