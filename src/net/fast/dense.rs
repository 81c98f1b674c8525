//! Trained fully connected layers on the CPU.

use std::sync::{Arc, Mutex};

use dfdx::shapes::HasShape;
use dfdx::tensor::Cpu;

use super::tape::{add, begin, copy_to, follow};
use super::{Fast, lock};
use crate::kernels::dense::{Ahead, Packed};
use crate::kernels::optimizer::{self, Step};
use crate::kernels::{dense, isa};
use crate::net::NetError;
use crate::net::backend::{InputGradient, Rows, TapeOf, Trained};
use crate::net::parameter::{Parameter, Update};

/// A trained fully connected layer with bias. The closures on the tape share it.
pub struct Dense(Arc<Mutex<State>>);

struct State {
    weight: Parameter,
    bias: Parameter,
    /// The last forward pass's input, which the gradient by weights needs.
    input: Packed,
    /// The input that [`Trained::expect`] has announced, until the parameters are updated.
    announced: Option<Packed>,
    /// An input whose outputs are known already, computed while the parameters were updated.
    ready: Option<(Packed, Vec<f32>)>,
    /// Memory for the next input.
    spare: Packed,
    /// Memory for the values of an input tensor.
    values: Vec<f32>,
    /// Forward passes so far: a backward pass needs what the last one left in `input`.
    passes: u64,
    update: Update,
    dx: InputGradient,
    by_bias: Vec<f32>,
}

impl Dense {
    pub(super) fn new(weight: Parameter, bias: Parameter, dx: InputGradient) -> Self {
        let (input, spare) = (Packed::default(), Packed::default());
        let state = State {
            weight,
            bias,
            input,
            announced: None,
            ready: None,
            spare,
            values: Vec::new(),
            passes: 0,
            update: Update::default(),
            dx,
            by_bias: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn run<T: TapeOf<Fast>>(&self, input: Rows<Fast, T>) -> Result<Rows<Fast, T>, NetError> {
        let &(batch, inputs) = input.shape();
        let mut state = lock(&self.0);
        let layer = state.sized(batch, inputs)?;
        let mut values = std::mem::take(&mut state.values);
        copy_to(&input, &mut values);
        let output = state.forward(&layer, &values);
        state.values = values;
        let (shared, pass) = (Arc::clone(&self.0), state.passes);
        let (shape, dx) = ((batch, layer.outputs), state.dx);
        drop(state);
        follow(input, output, shape, dx, move |dy: &[f32], dx: &mut [f32]| {
            lock(&shared).backward(&layer, pass, dy, dx);
        })
    }

    /// [`Self::run`] on data in the host's memory.
    pub(super) fn read<T: TapeOf<Fast>>(
        &self,
        device: &Cpu,
        data: &[f32],
        width: usize,
        tape: T,
    ) -> Result<Rows<Fast, T>, NetError> {
        let mut state = lock(&self.0);
        assert!(state.dx == InputGradient::Unused, "nobody wants a gradient by data");
        let layer = state.sized(data.len() / width, width)?;
        let output = state.forward(&layer, data);
        let (shared, pass) = (Arc::clone(&self.0), state.passes);
        drop(state);
        begin(device, tape, output, (layer.batch, layer.outputs), move |dy: &[f32]| {
            lock(&shared).backward(&layer, pass, dy, &mut []);
        })
    }
}

impl State {
    /// The layer for a batch of rows of a width, which must be the weights' own.
    fn sized(&self, batch: usize, inputs: usize) -> Result<dense::Dense, NetError> {
        let (outputs, expected) = (self.weight.shape[0], self.weight.shape[1]);
        if inputs != expected {
            return Err(NetError::Width { expected, found: inputs });
        }
        Ok(dense::Dense { isa: isa::current(), batch, inputs, outputs })
    }

    fn forward(&mut self, layer: &dense::Dense, values: &[f32]) -> Vec<f32> {
        self.passes += 1;
        if let Some((input, output)) = self.ready.take() {
            let same = input.holds(values, layer.batch);
            self.spare = std::mem::replace(if same { &mut self.input } else { &mut self.spare }, input);
            if same {
                return output;
            }
        }
        self.input.pack(values, layer.batch);
        let mut output = vec![0.0; layer.batch * layer.outputs];
        layer.forward(&self.input, &self.weight.value, &self.bias.value, &mut output);
        output
    }

    /// Adds the gradient by input to `dx`, if needed; that of the parameters is kept or applied as the layer was told.
    fn backward(&mut self, layer: &dense::Dense, pass: u64, dy: &[f32], dx: &mut [f32]) {
        assert_eq!(pass, self.passes, "a dense layer's backward pass follows its own forward pass");
        if self.dx == InputGradient::Needed {
            // Before the weights move.
            let mut by_input = vec![0.0; layer.batch * layer.inputs];
            layer.gradient_by_input(dy, &self.weight.value, &mut by_input);
            add(dx, &by_input);
        }
        self.by_bias.resize(layer.outputs, 0.0);
        layer.gradient_by_bias(dy, &mut self.by_bias);
        match self.update.clone() {
            Update::KeepGradient => self.keep(layer, dy),
            Update::Apply(step) => self.apply(layer, dy, &step),
        }
    }

    fn keep(&mut self, layer: &dense::Dense, dy: &[f32]) {
        self.weight.gradient.resize(layer.inputs * layer.outputs, 0.0);
        layer.gradient_by_weights(&self.input, dy, &mut self.weight.gradient);
        self.bias.gradient.clone_from(&self.by_bias);
    }

    fn apply(&mut self, layer: &dense::Dense, dy: &[f32], step: &Step) {
        optimizer::update(layer.isa, &step.without_penalty(), &self.by_bias, self.bias.moving(&step.rule));
        let next = self.announced.take();
        let mut output = vec![0.0; next.as_ref().map_or(0, |next| next.batch() * layer.outputs)];
        let ahead = next.as_ref().map(|next| Ahead { x: next, b: &self.bias.value, y: &mut output });
        layer.update(&self.input, dy, step, self.weight.moving(&step.rule), ahead);
        self.ready = next.map(|next| (next, output));
    }
}

impl Trained for Dense {
    fn expect(&mut self, inputs: &[f32]) {
        let state = &mut *lock(&self.0);
        let width = state.weight.shape[1];
        if inputs.is_empty() || !inputs.len().is_multiple_of(width) {
            return;
        }
        let mut next = state.announced.take().unwrap_or_else(|| std::mem::take(&mut state.spare));
        next.pack(inputs, inputs.len() / width);
        state.announced = Some(next);
    }

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
        state.ready = None;
        visit(&mut state.weight);
        visit(&mut state.bias);
    }
}
