//! Trained fully connected layers.

use std::sync::{Arc, Mutex};

use dfdx::shapes::{Axis, HasShape};
use dfdx::tensor::{PutTape, SplitTape};
use dfdx::tensor_ops::{BroadcastTo, Device, ReshapeTo, TryAdd, TryMatMul};

use super::product::{by_bias, transposed};
use super::rows::Matrix;
use super::tape::follow;
use super::weights::{Layout, Weights};
use super::{Generic, lock};
use crate::net::NetError;
use crate::net::backend::{InputGradient, Rows, TapeOf, Trained};
use crate::net::parameter::{Parameter, Update};

/// A trained fully connected layer with bias. The closures on the tape share it.
pub struct Dense<D: Device<f32>> {
    inputs: usize,
    state: Arc<Mutex<State<D>>>,
}

struct State<D: Device<f32>> {
    device: D,
    weight: Weights<D>,
    bias: Weights<D>,
    update: Update,
    dx: InputGradient,
}

impl<D: Device<f32>> Dense<D> {
    pub(super) fn new(device: &D, [weight, bias]: [Parameter; 2], dx: InputGradient) -> Self {
        let inputs = weight.shape[1];
        let state = State {
            device: device.clone(),
            weight: Weights::new(device, Layout::Dense, weight),
            bias: Weights::new(device, Layout::Bias, bias),
            update: Update::default(),
            dx,
        };
        Self { inputs, state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn run<T: TapeOf<Generic<D>>>(
        &self,
        input: Rows<Generic<D>, T>,
    ) -> Result<Rows<Generic<D>, T>, NetError> {
        let (expected, found) = (self.inputs, input.shape().1);
        if found != expected {
            return Err(NetError::Width { expected, found });
        }
        self.try_run(input).map_err(NetError::tensor)
    }

    fn try_run<T: TapeOf<Generic<D>>>(&self, input: Rows<Generic<D>, T>) -> Result<Rows<Generic<D>, T>, D::Err> {
        let (x, tape) = input.try_contiguous()?.split_tape();
        let y = lock(&self.state).forward(x.clone())?;
        let (shared, kept) = (Arc::clone(&self.state), T::OWNS_TAPE.then(|| x.clone()));
        let backward = move |dy: Matrix<D>| {
            let x = kept.expect("a tape that runs backward was recording");
            lock(&shared).backward(x, dy)
        };
        Ok(follow(x.put_tape(tape), y, backward))
    }
}

impl<D: Device<f32>> State<D> {
    /// `x * weight^T + bias`.
    fn forward(&mut self, x: Matrix<D>) -> Result<Matrix<D>, D::Err> {
        let product = x.try_matmul(transposed(self.weight.value()?)?)?;
        let shape = *product.shape();
        product.try_add(self.bias.vector()?.try_broadcast_like::<_, Axis<0>>(&shape)?)
    }

    /// The gradient by input, if needed; that of the parameters is kept or applied as the layer was told.
    fn backward(&mut self, x: Matrix<D>, dy: Matrix<D>) -> Result<Option<Matrix<D>>, D::Err> {
        // Before the weights move.
        let dx = match self.dx {
            InputGradient::Needed => Some(dy.clone().try_matmul(self.weight.value()?)?),
            InputGradient::Unused => None,
        };
        self.bias.take(by_bias(&self.device, dy.clone())?, &self.update)?;
        self.weight.take(transposed(dy)?.try_matmul(x)?, &self.update)?;
        Ok(dx)
    }
}

impl<D: Device<f32>> Trained for Dense<D> {
    fn arm(&mut self, update: Update) {
        lock(&self.state).update = update;
    }

    fn each(&self, visit: &mut dyn FnMut(&Parameter)) {
        let state = &mut *lock(&self.state);
        state.weight.show(visit);
        state.bias.show(visit);
    }

    fn each_mut(&mut self, visit: &mut dyn FnMut(&mut Parameter)) {
        let state = &mut *lock(&self.state);
        state.weight.change(visit);
        state.bias.change(visit);
    }
}
