//! The fully connected layer.

use dfdx::nn::Module;

use super::parameter::Parameter;
use super::{Backend, InputGradient, NetError, Rows, TapeOf, Trained};

/// `input * weight^T + bias`; the widths are those of the configured top, so they are checked at run time.
pub struct Dense<B: Backend>(B::Dense);

impl<B: Backend> Dense<B> {
    /// A layer from its weight (`[out, in]`) and bias (`[out]`).
    pub fn new(device: &B::Device, weight: Parameter, bias: Parameter, dx: InputGradient) -> Self {
        Self(B::dense(device, weight, bias, dx))
    }

    /// Its output for rows of a width in the host's memory, recorded on `tape`; only for a layer that is made with
    /// [`InputGradient::Unused`].
    pub fn read<T: TapeOf<B>>(
        &self,
        device: &B::Device,
        rows: (&[f32], usize),
        tape: T,
    ) -> Result<Rows<B, T>, NetError> {
        B::read_dense(&self.0, device, rows, tape)
    }

    /// The layer as something to train.
    pub fn trained(&self) -> &dyn Trained {
        &self.0
    }

    /// The layer as something to train.
    pub fn trained_mut(&mut self) -> &mut dyn Trained {
        &mut self.0
    }
}

impl<B: Backend, T: TapeOf<B>> Module<Rows<B, T>> for Dense<B> {
    type Output = Rows<B, T>;
    type Error = NetError;

    fn try_forward(&self, input: Rows<B, T>) -> Result<Rows<B, T>, NetError> {
        B::run_dense(&self.0, input)
    }
}
