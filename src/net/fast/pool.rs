//! The max-pool on the CPU.

use dfdx::shapes::HasShape;

use super::Fast;
use super::tape::{copied, follow};
use crate::kernels::pool::{self, PoolShape};
use crate::net::NetError;
use crate::net::backend::{Maps, TapeOf};

pub(super) fn run<T: TapeOf<Fast>>(input: Maps<Fast, T>) -> Result<Maps<Fast, T>, NetError> {
    let &(batch, channels, height, width) = input.shape();
    let shape = PoolShape { planes: batch * channels, height, width };
    let mut output = vec![0.0; shape.output_len()];
    let mut winner = vec![0; shape.output_len()];
    pool::forward(shape, &copied(&input), &mut output, &mut winner);
    follow(input, output, (batch, channels, height / 2, width / 2), move |dy: &[f32]| {
        let mut dx = vec![0.0; shape.input_len()];
        pool::backward(shape, &winner, dy, &mut dx);
        Some(dx)
    })
}
