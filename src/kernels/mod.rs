//! The arithmetic: f32 slices in, f32 slices out.

pub mod activation;
pub mod conv_train;
pub mod dense;
pub mod dropout;
pub mod isa;
pub mod loss;
pub mod optimizer;
pub mod pool;
pub mod trunk;

pub use isa::Isa;
pub use trunk::{ConvLayer, Pool, Precision, Scratch, Trunk};
