//! Keras files: where the base's layers are among all others, in which order they stand, and which batch normalisation belongs to
//! which convolution.

mod base;
mod norms;
mod order;
mod paths;
mod tensors;

pub(super) use base::base;
