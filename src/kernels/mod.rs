//! The arithmetic: f32 slices in, f32 slices out.

#![allow(
    clippy::needless_range_loop,
    reason = "rows, lanes and frequencies of several arrays at once read better by index"
)]

pub mod activation;
pub mod amx;
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
pub mod numbers;
pub mod optimizer;
mod panels;
pub mod pool;
mod product;
pub mod shared;
pub mod trunk;
pub mod winograd;

pub use isa::Isa;
pub use trunk::{ConvLayer, Part, Pool, Precision, Scratch, Trunk};
