//! frostline: a declarative transfer-learning experiment runner.

pub mod cache;
pub mod clock;
pub mod digest;
pub mod kernels;
pub mod files;
pub mod rng;
pub mod spec;
pub mod stop;
