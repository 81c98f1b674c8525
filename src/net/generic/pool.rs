//! The max-pool: four gathered taps, of which the first of the largest is chosen.

use dfdx::tensor::{PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{ChooseFrom, Device, GatherTo, TryGe};

use super::Generic;
use super::rows::{Matrix, from_maps, to_maps};
use super::taps::{Extent, pool_windows};
use crate::net::NetError;
use crate::net::backend::{Maps, TapeOf};

pub(super) fn run<D, T>(input: Maps<Generic<D>, T>) -> Result<Maps<Generic<D>, T>, NetError>
where
    D: Device<f32>,
    T: TapeOf<Generic<D>>,
{
    let pooled = || -> Result<_, D::Err> {
        let (rows, extent) = from_maps(input)?;
        to_maps(largest(rows, extent)?, extent.halved())
    };
    pooled().map_err(NetError::tensor)
}

/// The largest of each window's four pixels. dfdx's tape leads the gradient to the one that was chosen.
pub(super) fn largest<D: Device<f32>, T: Tape<f32, D>>(
    rows: Matrix<D, T>,
    extent: Extent,
) -> Result<Matrix<D, T>, D::Err> {
    let device = rows.device().clone();
    let [a, b, c, d] = pool_windows(extent);
    let (x, tape) = rows.split_tape();
    let take = |rows: Vec<usize>, tape: T| -> Result<Matrix<D, T>, D::Err> {
        let length = rows.len();
        x.clone().put_tape(tape).try_gather(device.try_tensor_from_vec(rows, (length,))?)
    };
    let top = larger(take(a, tape)?, take(b, T::default())?)?;
    let bottom = larger(take(c, T::default())?, take(d, T::default())?)?;
    larger(top, bottom)
}

/// The larger of two numbers, the first of equals.
fn larger<D: Device<f32>, T: Tape<f32, D>>(first: Matrix<D, T>, second: Matrix<D, T>) -> Result<Matrix<D, T>, D::Err> {
    first.try_ge(&second)?.try_choose(first, second)
}
