//! frostline: a declarative transfer-learning experiment runner.

pub mod cache;
pub mod clock;
pub mod data;
pub mod digest;
pub mod files;
pub mod kernels;
<<<<<<< HEAD
pub mod report;
=======
pub mod net;
>>>>>>> d3e44a2 (Hold VGG16's base in one dfdx type, its sizes followed by the compiler, its frozen part one module)
pub mod rng;
pub mod spec;
pub mod stop;
