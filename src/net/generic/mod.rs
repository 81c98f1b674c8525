//! Any device that dfdx has: layers composed of its own operations, the gradient put on its tape.
//!
//! dfdx 0.13 has neither convolution nor pool on stable Rust, on any device. What it has on every device is enough to
//! make them: a 3x3 convolution gathers, for every pixel, the nine pixels that its window reads into one row (a
//! *patch*), and multiplies the patches by the weights; a 2x2 max-pool gathers four taps and keeps the largest. Maps lie
//! channels last in between, a row a pixel, so that a tap is a row and a convolution one matrix product.
//!
//! # Why no kernels of our own on the GPU
//!
//! dfdx's public types would allow them: a gradient's buffer on CUDA is a `CudaSlice` that `cudarc` can launch on, and a
//! tensor's values can be brought into one. It was weighed and left. Such kernels could only be compiled and run where
//! there is a GPU, so nothing of them could be tested here; what is composed runs on dfdx's CPU device, where it is held
//! to the fast kernels ([`Fast`](super::Fast)), and on a GPU the same code runs the same operations. The price is memory
//! traffic: a patch is nine times as large as what it was gathered from.
//!
//! # Why not the gradient that dfdx would give
//!
//! dfdx derives a gather by atomic additions, whose order a GPU does not fix, and keeps every patch until the backward
//! pass. Here, both gradients of a convolution are products of patches again (by input: patches of the gradient times
//! the weights turned round), so every sum has one order and patches live as long as a chunk. Bias gradients are
//! products too. Activations, dropout and the loss have gradients of their own; pools are left to dfdx: no two of their
//! gradients meet.
//!
//! # Memory
//!
//! Patches are made for as many images at a time as fit [`PATCH_BYTES`], one at least. At 224 x 224 pixels an image's
//! largest patches take 116 MB, so a chunk holds two images; fine-tuning block 5, they are 3.6 MB an image.
//!
//! The arithmetic is f32 throughout: `bf16` is a way to be fast on a CPU, and means nothing here.

mod convolution;
mod dense;
mod descent;
mod elementwise;
mod loss;
mod pool;
mod prefix;
mod product;
mod rows;
mod tape;
mod taps;
mod weights;

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dfdx::tensor_ops::Device;

use super::backend::{Backend, InputGradient, Maps, MaskKey, PrefixSpec, Rows, Scalar, TapeOf};
use super::parameter::Parameter;
use super::{Activation, LossSum, NetError, Targets};

/// Memory for the patches of a chunk of images. Large enough that a GPU is busy, small beside any GPU's memory.
pub const PATCH_BYTES: usize = 256 << 20;

/// Layers composed of dfdx's operations, on its device `D`.
pub struct Generic<D>(PhantomData<fn() -> D>);

impl<D> Clone for Generic<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Generic<D> {}

impl<D> fmt::Debug for Generic<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Generic")
    }
}

impl<D: Device<f32>> Backend for Generic<D> {
    type Device = D;
    type Prefix = prefix::Prefix<D>;
    type Convolution = convolution::Convolution<D>;
    type Dense = dense::Dense<D>;

    fn prefix(device: &D, spec: &PrefixSpec<'_>) -> Self::Prefix {
        prefix::Prefix::new(device, spec)
    }

    fn run_prefix<T: TapeOf<Self>>(prefix: &Self::Prefix, input: Maps<Self, T>) -> Result<Maps<Self, T>, NetError> {
        prefix.run(input)
    }

    fn convolution(device: &D, weight: Parameter, bias: Parameter, dx: InputGradient) -> Self::Convolution {
        convolution::Convolution::new(device, [weight, bias], dx)
    }

    fn run_convolution<T: TapeOf<Self>>(
        layer: &Self::Convolution,
        input: Maps<Self, T>,
    ) -> Result<Maps<Self, T>, NetError> {
        layer.run(input)
    }

    fn max_pool2<T: TapeOf<Self>>(input: Maps<Self, T>) -> Result<Maps<Self, T>, NetError> {
        pool::run(input)
    }

    fn dense(device: &D, weight: Parameter, bias: Parameter, dx: InputGradient) -> Self::Dense {
        dense::Dense::new(device, [weight, bias], dx)
    }

    fn run_dense<T: TapeOf<Self>>(layer: &Self::Dense, input: Rows<Self, T>) -> Result<Rows<Self, T>, NetError> {
        layer.run(input)
    }

    fn activate<T: TapeOf<Self>>(activation: Activation, input: Rows<Self, T>) -> Result<Rows<Self, T>, NetError> {
        elementwise::activate(activation, input)
    }

    fn dropout<T: TapeOf<Self>>(
        rate: f32,
        layer: u32,
        key: MaskKey,
        input: Rows<Self, T>,
    ) -> Result<Rows<Self, T>, NetError> {
        elementwise::dropout(rate, layer, key, input)
    }

    fn cross_entropy<T: TapeOf<Self>>(
        targets: Targets<'_>,
        logits: Rows<Self, T>,
    ) -> Result<(Scalar<Self, T>, LossSum), NetError> {
        loss::cross_entropy(targets, logits)
    }
}

/// A layer's state. A panic elsewhere leaves it no worse than the panic does the whole run.
fn lock<S>(state: &Mutex<S>) -> MutexGuard<'_, S> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
