//! The seam between the typed network and the device that computes it.
//!
//! The modules of `net` know shapes. What a convolution *does* belongs to a [`Backend`]: [`Fast`](super::Fast) hands
//! slices to frostline's own kernels; a backend for another device may compose dfdx's operations and leave the gradient
//! to the tape. A backend sees activations with all dims at run time ([`Maps`], [`Rows`]), so that nothing behind the
//! seam is compiled once per size.

use std::fmt;

use dfdx::tensor::{PutTape, Tape, Tensor, TensorFromVec};
use dfdx::tensor_ops::Device;

use super::parameter::{Parameter, Update};
use super::weights::Convolution;
use super::{NetError, Precision, SizeVisitor};
use crate::kernels::activation::Activation;
use crate::kernels::loss::{LossSum, Targets};

/// A batch of activation maps, `[batch, channels, height, width]`, with every dim at run time.
pub type Maps<B, T> = Tensor<(usize, usize, usize, usize), f32, <B as Backend>::Device, T>;

/// A batch of vectors, `[batch, width]`.
pub type Rows<B, T> = Tensor<(usize, usize), f32, <B as Backend>::Device, T>;

/// The loss of a batch: one number, from which the backward pass starts.
pub type Scalar<B, T> = Tensor<(), f32, <B as Backend>::Device, T>;

/// A tape of the backend's device.
pub trait TapeOf<B: Backend>: Tape<f32, B::Device> {}

impl<B: Backend, T: Tape<f32, B::Device>> TapeOf<B> for T {}

/// Whether a layer's gradient by its input is of use to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputGradient {
    /// A trained layer lies before it.
    Needed,
    /// It is the first trained layer: what lies before is frozen, or the data.
    Unused,
}

/// A run of convolutions that are computed but never trained.
pub struct PrefixSpec<'a> {
    /// The convolutions from the input of the run to its end.
    pub convolutions: &'a [Convolution],
    /// Depth of the run's input: how many convolutions of the base lie before it.
    pub from: usize,
    /// Height of the run's input.
    pub height: usize,
    /// Width of the run's input.
    pub width: usize,
    /// Arithmetic of the run.
    pub precision: Precision,
}

/// What a batch of training is told about chance: which masks its dropout layers draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaskKey {
    /// Seed of the experiment.
    pub seed: u64,
    /// Epoch, from 0.
    pub epoch: u32,
    /// Place in the epoch of the batch's first sample.
    pub first_sample: u64,
}

/// A trained layer as its owner sees it, whatever the device.
pub trait Trained {
    /// Says what the next backward passes do with the gradient of the parameters.
    fn arm(&mut self, update: Update);

    /// Says what the forward pass after the next backward pass will read, so that it may be computed along with the update
    /// of the parameters. A hint: results are the same without it, and when something else is read.
    fn expect(&mut self, _inputs: &[f32]) {}

    /// Shows weight, then bias, as they are now.
    fn each(&self, visit: &mut dyn FnMut(&Parameter));

    /// Lets somebody change values and moments of weight, then bias; shapes stay.
    fn each_mut(&mut self, visit: &mut dyn FnMut(&mut Parameter));
}

/// A device and its way of computing the network's layers.
pub trait Backend: Copy + fmt::Debug + Send + 'static {
    /// dfdx's device: where tensors live.
    type Device: Device<f32>;
    /// A frozen run of convolutions, ready to be computed.
    type Prefix;
    /// A trained 3x3 convolution with bias and ReLU.
    type Convolution: Trained;
    /// A trained fully connected layer with bias.
    type Dense: Trained;

    /// Calls the visitor with an image's size: as a type where code is compiled for that size, as numbers otherwise.
    fn at_size<V: SizeVisitor>(height: usize, width: usize, visitor: V) -> V::Output {
        visitor.visit(height, width)
    }

    /// Prepares a frozen run: weights are transformed once, here.
    fn prefix(device: &Self::Device, spec: &PrefixSpec<'_>) -> Self::Prefix;

    /// Runs it. No backward operation is registered: a tape that flows through begins after it.
    fn run_prefix<T: TapeOf<Self>>(prefix: &Self::Prefix, input: Maps<Self, T>) -> Result<Maps<Self, T>, NetError>;

    /// [`Self::run_prefix`] on a batch of maps of a shape (`[channels, height, width]`) in the host's memory, into `out`.
    fn read_prefix(
        prefix: &Self::Prefix,
        device: &Self::Device,
        (data, [channels, height, width]): (&[f32], [usize; 3]),
        out: &mut [f32],
    ) -> Result<(), NetError> {
        let batch = data.len() / (channels * height * width);
        let maps = device.try_tensor_from_vec(data.to_vec(), (batch, channels, height, width));
        Self::run_prefix(prefix, maps.map_err(NetError::tensor)?)?.copy_into(out);
        Ok(())
    }

    /// A trained convolution from its weight (`[out, in, 3, 3]`) and bias (`[out]`).
    fn convolution(device: &Self::Device, weight: Parameter, bias: Parameter, dx: InputGradient) -> Self::Convolution;

    /// `relu(conv3x3(input) + bias)`, padded by one.
    fn run_convolution<T: TapeOf<Self>>(
        layer: &Self::Convolution,
        input: Maps<Self, T>,
    ) -> Result<Maps<Self, T>, NetError>;

    /// 2x2 max-pool with stride 2; an odd last row or column is left out.
    fn max_pool2<T: TapeOf<Self>>(input: Maps<Self, T>) -> Result<Maps<Self, T>, NetError>;

    /// A trained fully connected layer from its weight (`[out, in]`) and bias (`[out]`).
    fn dense(device: &Self::Device, weight: Parameter, bias: Parameter, dx: InputGradient) -> Self::Dense;

    /// `input * weight^T + bias`.
    fn run_dense<T: TapeOf<Self>>(layer: &Self::Dense, input: Rows<Self, T>) -> Result<Rows<Self, T>, NetError>;

    /// [`Self::run_dense`] on rows of a width in the host's memory, for a layer whose gradient by input is
    /// [`InputGradient::Unused`]; what follows is recorded on `tape`.
    fn read_dense<T: TapeOf<Self>>(
        layer: &Self::Dense,
        device: &Self::Device,
        (data, width): (&[f32], usize),
        tape: T,
    ) -> Result<Rows<Self, T>, NetError> {
        let rows = device.try_tensor_from_vec(data.to_vec(), (data.len() / width, width)).map_err(NetError::tensor)?;
        Self::run_dense(layer, rows.put_tape(tape))
    }

    /// An element-wise activation.
    fn activate<T: TapeOf<Self>>(activation: Activation, input: Rows<Self, T>) -> Result<Rows<Self, T>, NetError>;

    /// Zeroes a `rate` of the elements and scales the others by `1 / (1 - rate)`. The mask of a sample depends on
    /// nothing but the key, the sample's place in the epoch, and the layer's number.
    fn dropout<T: TapeOf<Self>>(
        rate: f32,
        layer: u32,
        key: MaskKey,
        input: Rows<Self, T>,
    ) -> Result<Rows<Self, T>, NetError>;

    /// Mean cross-entropy of logits: binary from one column, softmax from several.
    fn cross_entropy<T: TapeOf<Self>>(
        targets: Targets<'_>,
        logits: Rows<Self, T>,
    ) -> Result<(Scalar<Self, T>, LossSum), NetError>;
}
