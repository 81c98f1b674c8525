//! Dropout whose masks can be drawn again.

use std::marker::PhantomData;

use dfdx::nn::{Module, ModuleMut};

use super::{Backend, MaskKey, NetError, Rows, TapeOf};

/// Inverted dropout. In training ([`ModuleMut`]) a fraction is zeroed and the rest scaled up; in use ([`Module`])
/// nothing happens.
///
/// dfdx's own layer draws from a generator hidden in the device, so that no resumption could repeat it. Here, a mask is
/// a function of (seed, epoch, place of the sample in the epoch, layer).
#[derive(Clone, Copy, Debug)]
pub struct Dropout<B> {
    /// Fraction dropped, in [0, 1).
    pub rate: f32,
    /// Number of this layer among the network's dropout layers.
    pub layer: u32,
    /// What the next batch draws from.
    pub key: MaskKey,
    backend: PhantomData<B>,
}

impl<B> Dropout<B> {
    /// A layer that drops `rate` of its input's elements.
    pub fn new(rate: f32, layer: u32) -> Self {
        Self { rate, layer, key: MaskKey::default(), backend: PhantomData }
    }
}

impl<B: Backend, T: TapeOf<B>> Module<Rows<B, T>> for Dropout<B> {
    type Output = Rows<B, T>;
    type Error = NetError;

    fn try_forward(&self, input: Rows<B, T>) -> Result<Rows<B, T>, NetError> {
        Ok(input)
    }
}

impl<B: Backend, T: TapeOf<B>> ModuleMut<Rows<B, T>> for Dropout<B> {
    type Output = Rows<B, T>;
    type Error = NetError;

    fn try_forward_mut(&mut self, input: Rows<B, T>) -> Result<Rows<B, T>, NetError> {
        if self.rate == 0.0 { Ok(input) } else { B::dropout(self.rate, self.layer, self.key, input) }
    }
}
