//! The network: a typed shell over dfdx, with frostline's own kernels inside.
//!
//! dfdx 0.13 has neither convolutions nor pools on stable Rust, and no notion of freezing. What it does have is used to
//! the full: shapes as types, a tape, and modules. Here, channels are always compile-time; height and width are for the
//! usual target sizes ([`BUILT_IN_SIZES`]) and run-time for the rest, by one generic code ([`Halved`]).
//!
//! Invariants:
//! - Nothing here loops over elements: modules check shapes and call a [`Backend`], which sees slices and sizes.
//! - Nothing behind the backend's seam is compiled once per size.
//! - A frozen run of convolutions is one module ([`FrozenPrefix`]) and registers no backward operation: the tape
//!   begins at the first trained layer, whose gradient by input is never computed.
//! - Parameters are [`Parameter`]s, updated by the closures on the tape: by [`Fast`] in place, by [`Generic`] on the device, which
//!   the host hears of when somebody looks.

mod activation;
mod backend;
mod base;
mod block;
mod conv3x3;
#[cfg(feature = "cuda")]
mod cuda;
mod cut;
mod dense;
mod dropout;
mod engine;
mod error;
mod fast;
mod frozen;
mod generic;
mod geometry;
mod halves;
mod loss;
mod max_pool2;
mod parameter;
mod size;
mod tail;
mod top;
mod weights;

pub use activation::Activate;
pub use backend::{Backend, InputGradient, Maps, MaskKey, PrefixSpec, Rows, Scalar, TapeOf, Trained};
pub use base::Base;
pub use block::{Block2, Block3, Entry};
pub use conv3x3::Conv3x3;
pub use cut::{Cut, Features};
pub use dense::Dense;
pub use dropout::Dropout;
pub use engine::{CpuKernels, CudaProblem, Engine, UnknownKernels};
pub use error::NetError;
pub use fast::Fast;
pub use frozen::{FrozenBase, FrozenPrefix, FrozenSpec, Precision, frozen_base, frozen_base_on};
pub use generic::{Generic, PATCH_BYTES};
pub use geometry::{BLOCK_ENDS, CHANNELS, CONVOLUTIONS, TENSOR_INDICES, pools_before, shape_at};
pub use halves::{Compute, in_halves};
pub use loss::CrossEntropy;
pub use max_pool2::MaxPool2;
pub use parameter::{Parameter, Update};
pub use size::{BUILT_IN_SIZES, Half1, Half2, Half3, Half4, Half5, Halved, SizeVisitor, is_compiled_in};
pub use tail::{Tail, TailSpec, trained_tail};
pub use top::{Top, TopShape, tensor_names as top_tensor_names};
pub use weights::{BaseWeights, Convolution, WeightsError};

pub(crate) use engine::EngineVisitor;

pub use crate::kernels::activation::{Activation, sigmoid};
pub use crate::kernels::loss::{LossSum, Targets, cross_entropy, probabilities};
pub use crate::kernels::optimizer::{Rule, Step, penalty};
