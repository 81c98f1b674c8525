//! The max-pool on the CPU.

use dfdx::shapes::HasShape;

use super::Fast;
use super::tape::{copied, follow};
use crate::kernels::pool::{self, PoolShape};
use crate::net::NetError;
use crate::net::backend::{InputGradient, Maps, TapeOf};

pub(super) fn run<T: TapeOf<Fast>>(input: Maps<Fast, T>) -> Result<Maps<Fast, T>, NetError> {
    let &(batch, channels, height, width) = input.shape();
    let shape = PoolShape { planes: batch * channels, height, width };
    let mut output = vec![0.0; shape.output_len()];
    let mut winner = vec![0; shape.output_len()];
    pool::forward(shape, &copied(&input), &mut output, &mut winner);
    let pooled = (batch, channels, height / 2, width / 2);
    follow(input, output, pooled, InputGradient::Needed, move |dy: &[f32], dx: &mut [f32]| {
        pool::backward(shape, &winner, dy, dx);
    })
}
