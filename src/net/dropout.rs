//! Dropout whose masks can be drawn again.

use std::marker::PhantomData;

use dfdx::nn::{Module, ModuleMut};

use super::{Backend, MaskKey, NetError, Rows, TapeOf};
use crate::kernels::dropout;
use crate::rng::{Purpose, Stream};

/// Dropout layers that one sample may pass; a mask's index is the sample's place times this, plus the layer.
const MAX_LAYERS: u64 = 64;

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

/// Which elements of `[batch, width]` stay. A sample's row depends on its place in the epoch, not on its batch.
pub(super) fn mask(rate: f32, layer: u32, key: MaskKey, [batch, width]: [usize; 2]) -> Vec<bool> {
    assert!(u64::from(layer) < MAX_LAYERS, "a top has fewer than {MAX_LAYERS} dropout layers");
    let mut mask = vec![false; batch * width];
    for (sample, row) in mask.chunks_mut(width).enumerate() {
        let index = (key.first_sample + sample as u64) * MAX_LAYERS + u64::from(layer);
        let mut stream = Stream::new(key.seed, Purpose::Dropout, key.epoch, index);
        dropout::draw(row, rate, || stream.next_u32());
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_follows_the_sample_whatever_its_batch() {
        let key = MaskKey { seed: 3, epoch: 1, first_sample: 0 };
        let together = mask(0.5, 0, key, [4, 50]);
        let apart = mask(0.5, 0, MaskKey { first_sample: 2, ..key }, [2, 50]);
        assert_eq!(together[100..], apart[..]);
        assert_ne!(mask(0.5, 1, key, [4, 50]), together);
        assert_ne!(mask(0.5, 0, MaskKey { epoch: 2, ..key }, [4, 50]), together);
    }
}
