//! Frozen runs of convolutions.

use std::sync::Mutex;

use dfdx::tensor::{PutTape, SplitTape};
use dfdx::tensor_ops::{Device, ReshapeTo};

use super::product::{Kernel, Product};
use super::rows::{from_maps, to_maps};
use super::taps::Taps;
use super::weights::{Layout, to_device};
use super::{Generic, lock, pool};
use crate::net::NetError;
use crate::net::backend::{Maps, PrefixSpec, TapeOf};
use crate::net::geometry::{BLOCK_ENDS, CHANNELS};
use crate::net::weights::Convolution;

/// A frozen run. Its weights go to the device with the first batch.
pub struct Prefix<D: Device<f32>> {
    device: D,
    /// Depth of the run's input.
    from: usize,
    state: Mutex<State<D>>,
    taps: Taps<D>,
}

/// Where the weights are.
enum State<D: Device<f32>> {
    OnHost(Vec<Convolution>),
    OnDevice(Vec<Kernel<D>>),
}

impl<D: Device<f32>> Prefix<D> {
    pub(super) fn new(device: &D, spec: &PrefixSpec<'_>) -> Self {
        let state = Mutex::new(State::OnHost(spec.convolutions.to_vec()));
        Self { device: device.clone(), from: spec.from, state, taps: Taps::new() }
    }

    /// Registers nothing on the tape: it flows through.
    pub(super) fn run<T: TapeOf<Generic<D>>>(
        &self,
        input: Maps<Generic<D>, T>,
    ) -> Result<Maps<Generic<D>, T>, NetError> {
        let (input, tape) = input.split_tape();
        Ok(self.forward(input)?.put_tape(tape))
    }

    fn forward(
        &self,
        input: Maps<Generic<D>, dfdx::tensor::NoneTape>,
    ) -> Result<Maps<Generic<D>, dfdx::tensor::NoneTape>, NetError> {
        let (mut rows, mut extent) = from_maps(input).map_err(NetError::tensor)?;
        let product = Product::new(&self.device, &self.taps);
        let kernels = self.kernels().map_err(NetError::tensor)?;
        for (kernel, depth) in kernels.iter().zip(self.from + 1..) {
            extent.countable([CHANNELS[depth - 1], CHANNELS[depth]])?;
            rows = product.forward(rows, extent, kernel).map_err(NetError::tensor)?;
            if BLOCK_ENDS.contains(&depth) {
                rows = pool::largest(rows, extent).map_err(NetError::tensor)?;
                extent = extent.halved();
            }
        }
        to_maps(rows, extent).and_then(ReshapeTo::try_contiguous).map_err(NetError::tensor)
    }

    fn kernels(&self) -> Result<Vec<Kernel<D>>, D::Err> {
        let mut state = lock(&self.state);
        if let State::OnHost(convolutions) = &*state {
            let kernels =
                convolutions.iter().zip(self.from + 1..).map(|(convolution, depth)| self.kernel(convolution, depth));
            *state = State::OnDevice(kernels.collect::<Result<_, _>>()?);
        }
        match &*state {
            State::OnDevice(kernels) => Ok(kernels.clone()),
            State::OnHost(_) => unreachable!("the weights were sent above"),
        }
    }

    fn kernel(&self, convolution: &Convolution, depth: usize) -> Result<Kernel<D>, D::Err> {
        let shape = [CHANNELS[depth], CHANNELS[depth - 1], 3, 3];
        let bias = to_device(&self.device, Layout::Bias, &convolution.bias, &shape[..1])?;
        Ok(Kernel {
            weight: to_device(&self.device, Layout::Taps, &convolution.weight, &shape)?,
            bias: bias.try_reshape_like(&(CHANNELS[depth],))?,
        })
    }
}
