//! Element-wise activations of the top.

use std::marker::PhantomData;

use dfdx::nn::Module;

use super::{Activation, Backend, NetError, Rows, TapeOf};

/// Applies an activation to every element.
#[derive(Clone, Copy, Debug)]
pub struct Activate<B>(Activation, PhantomData<B>);

impl<B> Activate<B> {
    /// A module that applies `activation`.
    pub fn new(activation: Activation) -> Self {
        Self(activation, PhantomData)
    }
}

impl<B: Backend, T: TapeOf<B>> Module<Rows<B, T>> for Activate<B> {
    type Output = Rows<B, T>;
    type Error = NetError;

    fn try_forward(&self, input: Rows<B, T>) -> Result<Rows<B, T>, NetError> {
        B::activate(self.0, input)
    }
}
