//! frostline: a declarative transfer-learning experiment runner.

pub mod cache;
pub mod cli;
pub mod clock;
pub mod data;
pub mod digest;
pub mod event;
pub mod files;
pub mod kernels;
pub mod net;
pub mod report;
pub mod rng;
pub mod runs;
pub mod spec;
pub mod stages;
pub mod stop;
pub mod train;
pub mod weights;
