//! The arithmetic: f32 slices in, f32 slices out.

#![allow(
    clippy::missing_safety_doc,
    clippy::missing_transmute_annotations,
    clippy::manual_is_multiple_of,
    clippy::absurd_extreme_comparisons,
    clippy::unnecessary_min_or_max,
    clippy::needless_range_loop,
    clippy::len_without_is_empty,
    rustdoc::broken_intra_doc_links,
    reason = "the contract of unsafe lanes stands once at the trait; loops over rows and lanes read better by index; formulas are full of brackets"
)]

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
mod panels;
pub mod pool;
mod product;
pub mod shared;
pub mod trunk;
pub mod winograd;

pub use isa::Isa;
pub use trunk::{ConvLayer, Part, Pool, Precision, Scratch, Trunk};
