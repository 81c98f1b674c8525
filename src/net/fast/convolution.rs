//! Trained convolutions on the CPU.

use std::sync::{Arc, Mutex};

use dfdx::shapes::HasShape;

use super::tape::{copy_to, follow};
use super::{Fast, lock};
use crate::kernels::conv_train::{Conv3x3, ConvGradients, ConvKernel, ConvScratch, ConvUpdate, ConvWeights};
use crate::kernels::isa;
use crate::net::NetError;
use crate::net::backend::{InputGradient, Maps, TapeOf, Trained};
use crate::net::parameter::{Parameter, Update};

/// A trained 3x3 convolution with bias and ReLU. The closures on the tape share it.
pub struct Convolution(Arc<Mutex<State>>);

struct State {
    weight: Parameter,
    bias: Parameter,
    /// The weights in the kernels' own form.
    kernel: ConvKernel,
    scratch: ConvScratch,
    input: Vec<f32>,
    /// Forward passes so far: a backward pass needs what the last one left in `scratch`.
    passes: u64,
    update: Update,
    dx: InputGradient,
}

impl Convolution {
    pub(super) fn new(weight: Parameter, bias: Parameter, dx: InputGradient) -> Self {
        let mut kernel = ConvKernel::new(weight.shape[0], weight.shape[1]);
        kernel.set(isa::current(), &weight.value);
        Self(Arc::new(Mutex::new(State {
            weight,
            bias,
            kernel,
            scratch: ConvScratch::new(),
            input: Vec::new(),
            passes: 0,
            update: Update::default(),
            dx,
        })))
    }

    pub(super) fn run<T: TapeOf<Fast>>(&self, input: Maps<Fast, T>) -> Result<Maps<Fast, T>, NetError> {
        let &(batch, in_channels, height, width) = input.shape();
        let mut state = lock(&self.0);
        let out_channels = state.weight.shape[0];
        let layer = Conv3x3 { isa: isa::current(), batch, in_channels, out_channels, height, width };
        copy_to(&input, &mut state.input);
        let output = state.forward(&layer);
        let (shared, pass, dx) = (Arc::clone(&self.0), state.passes, state.dx);
        drop(state);
        let shape = (batch, out_channels, height, width);
        follow(input, output, shape, dx, move |dy: &[f32], dx: &mut [f32]| {
            lock(&shared).backward(&layer, pass, dy, dx);
        })
    }
}

impl State {
    fn forward(&mut self, layer: &Conv3x3) -> Vec<f32> {
        let Self { kernel, bias, input, scratch, passes, .. } = self;
        *passes += 1;
        let mut output = vec![0.0; layer.output_len()];
        layer.forward(input, ConvWeights { kernel, bias: &bias.value }, &mut output, scratch);
        output
    }

    /// Adds the gradient by input to `dx`, if needed; that of the parameters is kept or applied as the layer was told.
    fn backward(&mut self, layer: &Conv3x3, pass: u64, dy: &[f32], dx: &mut [f32]) {
        assert_eq!(pass, self.passes, "a convolution's backward pass follows its own forward pass");
        let dx = (self.dx == InputGradient::Needed).then_some(dx);
        let Self { weight, bias, kernel, scratch, update, .. } = self;
        match update {
            Update::KeepGradient => {
                weight.gradient.resize(layer.weights_len(), 0.0);
                bias.gradient.resize(layer.out_channels, 0.0);
                let (dw, db) = (&mut weight.gradient[..], &mut bias.gradient[..]);
                layer.backward(dy, kernel, ConvGradients { dx, dw, db }, scratch);
            }
            Update::Apply(step) => {
                let (weights, bias) = (weight.moving(&step.rule), bias.moving(&step.rule));
                layer.backward_and_update(dy, ConvUpdate { step, kernel, weights, bias, dx }, scratch);
            }
        }
    }
}

impl Trained for Convolution {
    fn arm(&mut self, update: Update) {
        lock(&self.0).update = update;
    }

    fn each(&self, visit: &mut dyn FnMut(&Parameter)) {
        let state = lock(&self.0);
        visit(&state.weight);
        visit(&state.bias);
    }

    fn each_mut(&mut self, visit: &mut dyn FnMut(&mut Parameter)) {
        let state = &mut *lock(&self.0);
        visit(&mut state.weight);
        visit(&mut state.bias);
        state.kernel.set(isa::current(), &state.weight.value);
    }
}
