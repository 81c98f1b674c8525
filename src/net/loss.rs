//! The loss, from logits.

use std::marker::PhantomData;

use dfdx::nn::Module;

use super::{Backend, LossSum, NetError, Rows, Scalar, TapeOf, Targets};

/// Mean cross-entropy of a batch: binary where there is one logit a sample, softmax where there are several.
///
/// With class weights, a sample's loss is scaled by its class's weight, and the mean is over the number of samples, as
/// Keras has it.
#[derive(Debug)]
pub struct CrossEntropy<'a, B> {
    targets: Targets<'a>,
    backend: PhantomData<B>,
}

impl<'a, B> CrossEntropy<'a, B> {
    /// The loss against these targets.
    pub fn new(targets: Targets<'a>) -> Self {
        Self { targets, backend: PhantomData }
    }
}

impl<B: Backend, T: TapeOf<B>> Module<Rows<B, T>> for CrossEntropy<'_, B> {
    type Output = (Scalar<B, T>, LossSum);
    type Error = NetError;

    fn try_forward(&self, logits: Rows<B, T>) -> Result<Self::Output, NetError> {
        B::cross_entropy(self.targets, logits)
    }
}
