//! The arithmetic: f32 slices in, f32 slices out.

pub mod activation;
pub mod choice;
pub mod conv_train;
pub mod dense;
pub mod direct;
pub mod dropout;
pub mod exchange;
pub mod isa;
pub mod lanes;
pub mod layout;
pub mod loss;
pub mod optimizer;
pub mod pool;
pub mod shared;
pub mod trunk;
pub mod winograd;

pub use isa::Isa;
pub use trunk::{ConvLayer, Pool, Precision, Scratch, Trunk};
