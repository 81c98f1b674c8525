//! The 3x3 convolution of VGG: stride 1, padded by 1, with bias and ReLU.

use std::fmt;

use dfdx::nn::Module;
use dfdx::shapes::Dim;

use super::cut::{Features, typed, untyped};
use super::parameter::Parameter;
use super::{Backend, Convolution, InputGradient, NetError, TapeOf, Trained};

/// `relu(conv3x3(input) + bias)` from `I` channels to `O`; height and width stay as they are.
///
/// A layer that is frozen has no parameters of its own: they are inside the [`FrozenPrefix`](super::FrozenPrefix).
///
/// Channels are types: a map of 64 channels does not fit a layer that expects 3.
///
/// ```compile_fail,E0277
/// use dfdx::prelude::*;
/// use frostline::net::{Conv3x3, Fast};
///
/// fn wrong(layer: &Conv3x3<3, 64, Fast>, maps: Tensor<(usize, Const<64>, usize, usize), f32, Cpu>) {
///     layer.try_forward(maps);
/// }
/// ```
#[derive(Debug)]
pub struct Conv3x3<const I: usize, const O: usize, B: Backend>(Slot<B>);

/// A convolution's place in the base: its name, and its parameters if it is trained.
pub struct Slot<B: Backend> {
    name: &'static str,
    outputs: usize,
    inputs: usize,
    layer: Option<B::Convolution>,
}

impl<const I: usize, const O: usize, B: Backend> Conv3x3<I, O, B> {
    /// A layer that only holds a place: `name` is the prefix of its tensors, such as `features.24`.
    pub fn frozen(name: &'static str) -> Self {
        Self(Slot { name, outputs: O, inputs: I, layer: None })
    }

    /// The layer without its types.
    pub fn slot(&self) -> &Slot<B> {
        &self.0
    }

    /// The layer without its types.
    pub fn slot_mut(&mut self) -> &mut Slot<B> {
        &mut self.0
    }
}

impl<B: Backend> Slot<B> {
    /// Gives the layer parameters: `weight` is `[out, in, 3, 3]` row-major, `bias` is `[out]`.
    pub fn thaw(&mut self, device: &B::Device, convolution: &Convolution, dx: InputGradient) {
        let shape = vec![self.outputs, self.inputs, 3, 3];
        let weight = Parameter::new(format!("{}.weight", self.name), shape, convolution.weight.clone());
        let bias = Parameter::new(format!("{}.bias", self.name), vec![self.outputs], convolution.bias.clone());
        self.layer = Some(B::convolution(device, weight, bias, dx));
    }

    /// The trained layer, unless it is frozen.
    pub fn trained(&self) -> Option<&dyn Trained> {
        self.layer.as_ref().map(|layer| layer as &dyn Trained)
    }

    /// The trained layer, unless it is frozen.
    pub fn trained_mut(&mut self) -> Option<&mut dyn Trained> {
        self.layer.as_mut().map(|layer| layer as &mut dyn Trained)
    }
}

impl<B: Backend> fmt::Debug for Slot<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}x{} ({})",
            self.name,
            self.outputs,
            self.inputs,
            if self.layer.is_some() { "trained" } else { "frozen" }
        )
    }
}

impl<const I: usize, const O: usize, H: Dim, W: Dim, B: Backend, T: TapeOf<B>> Module<Features<I, H, W, B, T>>
    for Conv3x3<I, O, B>
{
    type Output = Features<O, H, W, B, T>;
    type Error = NetError;

    fn try_forward(&self, input: Features<I, H, W, B, T>) -> Result<Self::Output, NetError> {
        let layer = self.0.layer.as_ref().ok_or(NetError::Frozen { name: self.0.name })?;
        typed(B::run_convolution(layer, untyped(input))?)
    }
}
