//! frostline: a declarative transfer-learning experiment runner.

pub mod digest;
pub mod rng;
pub mod stop;
