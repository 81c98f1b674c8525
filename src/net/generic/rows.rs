//! Maps as rows, a pixel each, and back.

use dfdx::shapes::{Axes4, HasShape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::{Device, PermuteTo, ReshapeTo};

use super::taps::Extent;

/// Rows of numbers.
pub(super) type Matrix<D, T = dfdx::tensor::NoneTape> = Tensor<(usize, usize), f32, D, T>;

/// A vector.
pub(super) type Vector<D> = Tensor<(usize,), f32, D>;

/// Maps, `[batch, channels, height, width]`.
type Nchw<D, T> = Tensor<(usize, usize, usize, usize), f32, D, T>;

/// A row of channels for each pixel, contiguous.
pub(super) fn from_maps<D: Device<f32>, T: Tape<f32, D>>(maps: Nchw<D, T>) -> Result<(Matrix<D, T>, Extent), D::Err> {
    let &(images, channels, height, width) = maps.shape();
    let extent = Extent { images, height, width };
    let last = maps.try_permute::<(usize, usize, usize, usize), Axes4<0, 2, 3, 1>>()?;
    Ok((last.try_reshape_like(&(extent.rows(), channels))?, extent))
}

/// The same as maps: a view of the rows, in which the next layer finds them again without a copy.
pub(super) fn to_maps<D: Device<f32>, T: Tape<f32, D>>(
    rows: Matrix<D, T>,
    extent: Extent,
) -> Result<Nchw<D, T>, D::Err> {
    let channels = rows.shape().1;
    let Extent { images, height, width } = extent;
    let last = rows.try_reshape_like(&(images, height, width, channels))?;
    last.try_permute::<(usize, usize, usize, usize), Axes4<0, 3, 1, 2>>()
}
