//! Activations and dropout on the CPU.

use dfdx::shapes::HasShape;

use super::Fast;
use super::tape::{copied, follow};
use crate::kernels::activation::{self, Activation};
use crate::kernels::dropout;
use crate::net::NetError;
use crate::net::backend::{MaskKey, Rows, TapeOf};
use crate::rng::{Purpose, Stream};

/// Dropout layers that one sample may pass; a mask's index is the sample's place times this, plus the layer.
const MAX_LAYERS: u64 = 64;

pub(super) fn activate<T: TapeOf<Fast>>(
    activation: Activation,
    input: Rows<Fast, T>,
) -> Result<Rows<Fast, T>, NetError> {
    let shape = *input.shape();
    let mut output = copied(&input);
    activation::apply(activation, &mut output);
    let kept = if T::OWNS_TAPE { output.clone() } else { Vec::new() };
    follow(input, output, shape, move |dy: &[f32]| {
        let mut dx = dy.to_vec();
        activation::backward(activation, &kept, &mut dx);
        Some(dx)
    })
}

pub(super) fn dropout<T: TapeOf<Fast>>(
    rate: f32,
    layer: u32,
    key: MaskKey,
    input: Rows<Fast, T>,
) -> Result<Rows<Fast, T>, NetError> {
    let &(batch, width) = input.shape();
    let mask = mask(rate, layer, key, [batch, width]);
    let mut output = copied(&input);
    dropout::apply(&mut output, &mask, rate);
    follow(input, output, (batch, width), move |dy: &[f32]| {
        let mut dx = dy.to_vec();
        dropout::apply(&mut dx, &mask, rate);
        Some(dx)
    })
}

/// Which elements of `[batch, width]` stay. A sample's row depends on its place in the epoch, not on its batch.
fn mask(rate: f32, layer: u32, key: MaskKey, [batch, width]: [usize; 2]) -> Vec<bool> {
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
