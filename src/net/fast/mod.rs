//! The CPU: dfdx's tensors at the border, frostline's kernels inside.
//!
//! dfdx lends no view of a tensor's storage, so each layer copies its input once and moves its output in. A dense layer
//! that begins a network and a frozen run read the data itself, which never becomes a tensor.
//! Parameters are not dfdx's: a closure on the tape computes their gradient and, in the same pass over memory, the
//! optimiser's step.

mod convolution;
mod dense;
mod elementwise;
mod loss;
mod pool;
mod prefix;
mod tape;

use std::sync::{Mutex, MutexGuard, PoisonError};

use dfdx::tensor::Cpu;

use super::backend::{Backend, InputGradient, Maps, MaskKey, PrefixSpec, Rows, Scalar, TapeOf};
use super::parameter::Parameter;
use super::size::{SizeVisitor, at_size};
use super::{Activation, LossSum, NetError, Targets};

/// frostline's kernels on dfdx's CPU device.
#[derive(Clone, Copy, Debug)]
pub struct Fast;

impl Backend for Fast {
    type Device = Cpu;
    type Prefix = prefix::Prefix;
    type Convolution = convolution::Convolution;
    type Dense = dense::Dense;

    fn at_size<V: SizeVisitor>(height: usize, width: usize, visitor: V) -> V::Output {
        at_size(height, width, visitor)
    }

    fn prefix(_: &Cpu, spec: &PrefixSpec<'_>) -> Self::Prefix {
        prefix::Prefix::new(spec)
    }

    fn run_prefix<T: TapeOf<Self>>(prefix: &Self::Prefix, input: Maps<Self, T>) -> Result<Maps<Self, T>, NetError> {
        prefix.run(input)
    }

    fn read_prefix(
        prefix: &Self::Prefix,
        _: &Cpu,
        (data, _): (&[f32], [usize; 3]),
        out: &mut [f32],
    ) -> Result<(), NetError> {
        prefix.read(data, out);
        Ok(())
    }

    fn convolution(_: &Cpu, weight: Parameter, bias: Parameter, dx: InputGradient) -> Self::Convolution {
        convolution::Convolution::new(weight, bias, dx)
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

    fn dense(_: &Cpu, weight: Parameter, bias: Parameter, dx: InputGradient) -> Self::Dense {
        dense::Dense::new(weight, bias, dx)
    }

    fn run_dense<T: TapeOf<Self>>(layer: &Self::Dense, input: Rows<Self, T>) -> Result<Rows<Self, T>, NetError> {
        layer.run(input)
    }

    fn read_dense<T: TapeOf<Self>>(
        layer: &Self::Dense,
        device: &Cpu,
        (data, width): (&[f32], usize),
        tape: T,
    ) -> Result<Rows<Self, T>, NetError> {
        layer.read(device, data, width, tape)
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
