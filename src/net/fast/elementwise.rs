//! Activations and dropout on the CPU.

use dfdx::shapes::HasShape;

use super::Fast;
use super::tape::{add, copied, follow};
use crate::kernels::activation::{self, Activation};
use crate::kernels::dropout;
use crate::net::NetError;
use crate::net::backend::{InputGradient, MaskKey, Rows, TapeOf};
use crate::net::dropout::mask;

pub(super) fn activate<T: TapeOf<Fast>>(
    activation: Activation,
    input: Rows<Fast, T>,
) -> Result<Rows<Fast, T>, NetError> {
    let shape = *input.shape();
    let mut output = copied(&input);
    activation::apply(activation, &mut output);
    let kept = if T::OWNS_TAPE { output.clone() } else { Vec::new() };
    follow(input, output, shape, InputGradient::Needed, move |by_output: &[f32], sum: &mut [f32]| {
        let mut dx = by_output.to_vec();
        activation::backward(activation, &kept, &mut dx);
        add(sum, &dx);
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
    follow(input, output, (batch, width), InputGradient::Needed, move |by_output: &[f32], sum: &mut [f32]| {
        let mut dx = by_output.to_vec();
        dropout::apply(&mut dx, &mask, rate);
        add(sum, &dx);
    })
}
