//! Losses: logits are few, so loss and gradient are the host's, in f64 and in order, as on the CPU.

use dfdx::shapes::HasShape;
use dfdx::tensor::{PutTape, SplitTape};
use dfdx::tensor_ops::{Device, ReshapeTo};

use super::Generic;
use super::tape::follow;
use crate::kernels::loss::{self, LossSum, Targets};
use crate::net::NetError;
use crate::net::backend::{Rows, Scalar, TapeOf};

pub(super) fn cross_entropy<D, T>(
    targets: Targets<'_>,
    logits: Rows<Generic<D>, T>,
) -> Result<(Scalar<Generic<D>, T>, LossSum), NetError>
where
    D: Device<f32>,
    T: TapeOf<Generic<D>>,
{
    let (logits, tape) = logits.try_contiguous().map_err(NetError::tensor)?.split_tape();
    let shape = *logits.shape();
    let (batch, width) = shape;
    let mut values = vec![0.0; batch * width];
    logits.copy_into(&mut values);
    let mut gradient = vec![0.0; if T::OWNS_TAPE { values.len() } else { 0 }];
    let wanted = T::OWNS_TAPE.then_some(&mut gradient[..]);
    let sums = loss::cross_entropy(width, &values, targets, wanted);
    let device = logits.device().clone();
    let mean = (sums.loss / batch as f64) as f32;
    let mean = device.try_tensor_from_vec(vec![mean], ()).map_err(NetError::tensor)?;
    // The pass starts at the loss itself, whose gradient by itself is 1: what the kernel gave is the gradient.
    let backward = move |_| device.try_tensor_from_vec(gradient, shape).map(Some);
    Ok((follow(logits.put_tape(tape), mean, backward), sums))
}
