//! ONNX: the part of its protobuf that VGG16 needs, a reader of graphs with a VGG16 base, and the pieces to write one.

mod base;
mod census;
mod external;
mod graph;
pub(super) mod proto;

pub(super) use base::{GraphInput, read};
