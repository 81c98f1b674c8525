//! The frozen trunk: a run of VGG16's convolutions, forward only, from one stored activation to the next.
//!
//! Images enter and leave as plain NCHW; between the layers they stay in the kernels' blocked layout. Weights are
//! transformed when the trunk is made. The bits of a result depend on the image and the layers alone: not on the batch,
//! the place in it, the threads or the instruction set, nor on where a run of layers is cut in two.

mod forward;
mod layers;
mod scratch;
mod step;

pub use forward::Trunk;
pub use layers::{ConvLayer, Pool, Precision};
pub use scratch::{Part, Scratch};
