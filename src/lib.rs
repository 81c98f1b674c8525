//! frostline: a declarative transfer-learning experiment runner.

pub mod digest;
pub mod kernels;
pub mod rng;
pub mod stop;
