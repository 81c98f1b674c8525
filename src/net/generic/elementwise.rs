//! Activations and dropout.

use dfdx::shapes::HasShape;
use dfdx::tensor::{PutTape, SplitTape};
use dfdx::tensor_ops::{ChooseFrom, Device, TryAdd, TryGt, TryLt, TryMul, TrySub};

use super::Generic;
use super::product::{relu, through_relu};
use super::rows::Matrix;
use super::tape::follow;
use crate::kernels::activation::Activation;
use crate::kernels::dropout;
use crate::net::NetError;
use crate::net::backend::{MaskKey, Rows, TapeOf};
use crate::net::dropout::mask;

pub(super) fn activate<D, T>(
    activation: Activation,
    input: Rows<Generic<D>, T>,
) -> Result<Rows<Generic<D>, T>, NetError>
where
    D: Device<f32>,
    T: TapeOf<Generic<D>>,
{
    if activation == Activation::Linear {
        return Ok(input);
    }
    let (x, tape) = input.split_tape();
    let y = forward(activation, x.clone()).map_err(NetError::tensor)?;
    let kept = y.clone();
    Ok(follow(x.put_tape(tape), y, move |dy| backward(activation, kept, dy).map(Some)))
}

fn forward<D: Device<f32>>(activation: Activation, x: Matrix<D>) -> Result<Matrix<D>, D::Err> {
    match activation {
        Activation::Linear => Ok(x),
        Activation::Relu => relu(x),
        Activation::Tanh => x.try_tanh(),
        Activation::Sigmoid => x.try_sigmoid(),
        Activation::Elu => x.try_lt(0.0)?.try_choose(x.clone().try_exp()?.try_sub(1.0)?, x),
    }
}

/// The kernels' derivatives: functions of the output `y`.
fn backward<D: Device<f32>>(activation: Activation, y: Matrix<D>, dy: Matrix<D>) -> Result<Matrix<D>, D::Err> {
    match activation {
        Activation::Linear => Ok(dy),
        Activation::Relu => through_relu(&y, dy),
        Activation::Tanh => dy.clone().try_sub(y.try_square()?.try_mul(dy)?),
        Activation::Sigmoid => y.clone().try_sub(y.try_square()?)?.try_mul(dy),
        Activation::Elu => {
            let positive = y.try_gt(0.0)?;
            positive.try_choose(dy.clone(), y.try_add(1.0)?.try_mul(dy)?)
        }
    }
}

/// The mask is drawn on the host, so that every device drops the same elements.
pub(super) fn dropout<D, T>(
    rate: f32,
    layer: u32,
    key: MaskKey,
    input: Rows<Generic<D>, T>,
) -> Result<Rows<Generic<D>, T>, NetError>
where
    D: Device<f32>,
    T: TapeOf<Generic<D>>,
{
    let &(batch, width) = input.shape();
    let mut scales = vec![1.0; batch * width];
    dropout::apply(&mut scales, &mask(rate, layer, key, [batch, width]), rate);
    let scales = input.device().try_tensor_from_vec(scales, (batch, width)).map_err(NetError::tensor)?;
    input.try_mul(scales).map_err(NetError::tensor)
}
