//! Trained convolutions.

use std::sync::{Arc, Mutex};

use dfdx::shapes::HasShape;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor_ops::{Device, ReshapeTo};

use super::product::{Kernel, Product, turned};
use super::rows::{Matrix, from_maps, to_maps};
use super::tape::follow;
use super::taps::{Extent, Taps};
use super::weights::{Layout, Weights};
use super::{Generic, lock};
use crate::net::NetError;
use crate::net::backend::{InputGradient, Maps, TapeOf, Trained};
use crate::net::parameter::{Parameter, Update};

/// A trained 3x3 convolution with bias and ReLU. The closures on the tape share it.
pub struct Convolution<D: Device<f32>>(Arc<Mutex<State<D>>>);

struct State<D: Device<f32>> {
    device: D,
    weight: Weights<D>,
    bias: Weights<D>,
    taps: Taps<D>,
    update: Update,
    dx: InputGradient,
}

impl<D: Device<f32>> Convolution<D> {
    pub(super) fn new(device: &D, [weight, bias]: [Parameter; 2], dx: InputGradient) -> Self {
        Self(Arc::new(Mutex::new(State {
            device: device.clone(),
            weight: Weights::new(device, Layout::Taps, weight),
            bias: Weights::new(device, Layout::Bias, bias),
            taps: Taps::new(),
            update: Update::default(),
            dx,
        })))
    }

    pub(super) fn run<T: TapeOf<Generic<D>>>(
        &self,
        input: Maps<Generic<D>, T>,
    ) -> Result<Maps<Generic<D>, T>, NetError> {
        let &(images, inputs, height, width) = input.shape();
        let outputs = lock(&self.0).bias.len();
        Extent { images, height, width }.countable([inputs, outputs])?;
        self.try_run(input).map_err(NetError::tensor)
    }

    fn try_run<T: TapeOf<Generic<D>>>(&self, input: Maps<Generic<D>, T>) -> Result<Maps<Generic<D>, T>, D::Err> {
        let (rows, extent) = from_maps(input)?;
        let (x, tape) = rows.try_contiguous()?.split_tape();
        let y = lock(&self.0).forward(x.clone(), extent)?;
        let (shared, kept) = (Arc::clone(&self.0), T::OWNS_TAPE.then(|| (x.clone(), y.clone())));
        let backward = move |dy: Matrix<D>| {
            let (x, y) = kept.expect("a tape that runs backward was recording");
            lock(&shared).backward(x, [y, dy], extent)
        };
        to_maps(follow(x.put_tape(tape), y, backward), extent)
    }
}

impl<D: Device<f32>> State<D> {
    fn forward(&mut self, x: Matrix<D>, extent: Extent) -> Result<Matrix<D>, D::Err> {
        let kernel = Kernel { weight: self.weight.value()?, bias: self.bias.vector()? };
        Product::new(&self.device, &self.taps).forward(x, extent, &kernel)
    }

    /// The gradient by input, if needed; that of the parameters is kept or applied as the layer was told.
    fn backward(&mut self, x: Matrix<D>, out: [Matrix<D>; 2], extent: Extent) -> Result<Option<Matrix<D>>, D::Err> {
        let turned = match self.dx {
            InputGradient::Needed => Some(turned(&self.device, self.weight.value()?)?),
            InputGradient::Unused => None,
        };
        let parts = Product::new(&self.device, &self.taps).backward(x, out, extent, turned.as_ref())?;
        self.weight.take(parts.weight, &self.update)?;
        self.bias.take(parts.bias, &self.update)?;
        Ok(parts.input)
    }
}

impl<D: Device<f32>> Trained for Convolution<D> {
    fn arm(&mut self, update: Update) {
        lock(&self.0).update = update;
    }

    fn each(&self, visit: &mut dyn FnMut(&Parameter)) {
        let state = &mut *lock(&self.0);
        state.weight.show(visit);
        state.bias.show(visit);
    }

    fn each_mut(&mut self, visit: &mut dyn FnMut(&mut Parameter)) {
        let state = &mut *lock(&self.0);
        state.weight.change(visit);
        state.bias.change(visit);
    }
}
