//! The top: flatten, hidden layers, dropout, logits.

use dfdx::nn::{Module, ModuleMut};
use dfdx::tensor::{NoneTape, PutTape, TensorFromVec};

use super::parameter::Parameter;
use super::{Activate, Activation, Backend, Dense, Dropout, InputGradient, MaskKey, NetError, Rows, TapeOf, Trained};

/// The fully connected classifier as configured.
#[derive(Clone, Debug, PartialEq)]
pub struct TopShape {
    /// `[channels, height, width]` of the features that it reads; flattened in that order.
    pub inputs: [usize; 3],
    /// Width of each hidden layer.
    pub hidden: Vec<usize>,
    /// Activation after each hidden layer.
    pub activation: Activation,
    /// Fraction dropped after each hidden layer (of the features themselves where there is none), in [0, 1).
    pub dropout: f64,
    /// Classes. Two share one sigmoid output; more have a softmax output each.
    pub classes: usize,
}

impl TopShape {
    /// Floats a sample.
    pub fn input_len(&self) -> usize {
        self.inputs.iter().product()
    }

    /// Logits a sample: 1 for two classes.
    pub fn outputs(&self) -> usize {
        if self.classes == 2 { 1 } else { self.classes }
    }

    /// `[outputs, inputs]` of each dense layer.
    pub fn dense_shapes(&self) -> Vec<[usize; 2]> {
        let widths: Vec<usize> =
            [self.input_len()].into_iter().chain(self.hidden.iter().copied()).chain([self.outputs()]).collect();
        widths.windows(2).map(|pair| [pair[1], pair[0]]).collect()
    }
}

/// Names of a dense layer's weight and bias.
pub fn tensor_names(layer: usize) -> [String; 2] {
    [format!("classifier.{layer}.weight"), format!("classifier.{layer}.bias")]
}

/// Dense layers with an activation and dropout between them; the last one gives logits.
pub struct Top<B: Backend> {
    layers: Vec<Dense<B>>,
    activate: Activate<B>,
    dropout: Vec<Dropout<B>>,
}

impl<B: Backend> Top<B> {
    /// A top from its parameters: weight and bias of each layer, from the input.
    ///
    /// `dx` says whether anything before the top is trained.
    pub fn new(device: &B::Device, shape: &TopShape, parameters: Vec<[Parameter; 2]>, dx: InputGradient) -> Self {
        assert_eq!(parameters.len(), shape.hidden.len() + 1, "one weight and bias a layer");
        let build = |(index, [weight, bias]): (usize, [Parameter; 2])| {
            Dense::new(device, weight, bias, if index == 0 { dx } else { InputGradient::Needed })
        };
        Self {
            layers: parameters.into_iter().enumerate().map(build).collect(),
            activate: Activate::new(shape.activation),
            dropout: (0..shape.hidden.len().max(1)).map(|l| Dropout::new(shape.dropout as f32, l as u32)).collect(),
        }
    }

    /// Says which dropout masks the next batch of training draws.
    pub fn set_masks(&mut self, key: MaskKey) {
        self.dropout.iter_mut().for_each(|dropout| dropout.key = key);
    }

    /// The dense layers, in order.
    pub fn trained(&self) -> impl Iterator<Item = &dyn Trained> {
        self.layers.iter().map(Dense::trained)
    }

    /// The dense layers, in order.
    pub fn trained_mut(&mut self) -> impl Iterator<Item = &mut dyn Trained> {
        self.layers.iter_mut().map(Dense::trained_mut)
    }

    /// Logits of features in the host's memory, with dropout, recorded on `tape`; only for a top that is made with
    /// [`InputGradient::Unused`].
    pub fn try_read_mut<T: TapeOf<B>>(
        &mut self,
        device: &B::Device,
        features: (&[f32], usize),
        tape: T,
    ) -> Result<Rows<B, T>, NetError> {
        let mut dropout = self.dropout.clone();
        self.read(device, features, tape, |index, x| dropout[index].try_forward_mut(x))
    }

    /// The same without dropout and without a tape.
    pub fn try_read(&self, device: &B::Device, features: (&[f32], usize)) -> Result<Rows<B, NoneTape>, NetError> {
        self.read(device, features, NoneTape, |_, x| Ok(x))
    }

    fn read<T: TapeOf<B>>(
        &self,
        device: &B::Device,
        (data, width): (&[f32], usize),
        tape: T,
        drop: impl FnMut(usize, Rows<B, T>) -> Result<Rows<B, T>, NetError>,
    ) -> Result<Rows<B, T>, NetError> {
        if self.layers.len() > 1 {
            return self.after_first(self.layers[0].read(device, (data, width), tape)?, drop);
        }
        let rows = device.try_tensor_from_vec(data.to_vec(), (data.len() / width, width));
        self.forward(rows.map_err(NetError::tensor)?.put_tape(tape), drop)
    }

    fn forward<T: TapeOf<B>>(
        &self,
        mut x: Rows<B, T>,
        mut drop: impl FnMut(usize, Rows<B, T>) -> Result<Rows<B, T>, NetError>,
    ) -> Result<Rows<B, T>, NetError> {
        if self.layers.len() == 1 {
            x = drop(0, x)?;
        }
        self.after_first(self.layers[0].try_forward(x)?, drop)
    }

    /// Logits from what the first layer gives.
    fn after_first<T: TapeOf<B>>(
        &self,
        mut x: Rows<B, T>,
        mut drop: impl FnMut(usize, Rows<B, T>) -> Result<Rows<B, T>, NetError>,
    ) -> Result<Rows<B, T>, NetError> {
        for (index, layer) in self.layers[1..].iter().enumerate() {
            x = layer.try_forward(drop(index, self.activate.try_forward(x)?)?)?;
        }
        Ok(x)
    }
}

/// Without dropout, as in evaluation.
impl<B: Backend, T: TapeOf<B>> Module<Rows<B, T>> for Top<B> {
    type Output = Rows<B, T>;
    type Error = NetError;

    fn try_forward(&self, input: Rows<B, T>) -> Result<Rows<B, T>, NetError> {
        self.forward(input, |_, x| Ok(x))
    }
}

/// With dropout, as in training.
impl<B: Backend, T: TapeOf<B>> ModuleMut<Rows<B, T>> for Top<B> {
    type Output = Rows<B, T>;
    type Error = NetError;

    fn try_forward_mut(&mut self, input: Rows<B, T>) -> Result<Rows<B, T>, NetError> {
        let mut dropout = self.dropout.clone();
        self.forward(input, |index, x| dropout[index].try_forward_mut(x))
    }
}
