//! Losses on the CPU.

use dfdx::shapes::HasShape;

use super::Fast;
use super::tape::{add, copied, follow};
use crate::kernels::loss::{self, LossSum, Targets};
use crate::net::NetError;
use crate::net::backend::{InputGradient, Rows, Scalar, TapeOf};

pub(super) fn cross_entropy<T: TapeOf<Fast>>(
    targets: Targets<'_>,
    logits: Rows<Fast, T>,
) -> Result<(Scalar<Fast, T>, LossSum), NetError> {
    let &(batch, width) = logits.shape();
    let values = copied(&logits);
    let mut gradient = vec![0.0; if T::OWNS_TAPE { values.len() } else { 0 }];
    let wanted = T::OWNS_TAPE.then_some(&mut gradient[..]);
    let sums = loss::cross_entropy(width, &values, targets, wanted);
    let mean = (sums.loss / batch as f64) as f32;
    // The pass starts at the loss itself, whose gradient by itself is 1: what the kernel gave is the gradient.
    let scalar = follow(logits, vec![mean], (), InputGradient::Needed, move |by_loss: &[f32], sum: &mut [f32]| {
        debug_assert_eq!(by_loss, [1.0], "the backward pass starts at the loss");
        add(sum, &gradient);
    })?;
    Ok((scalar, sums))
}
