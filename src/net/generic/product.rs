//! Convolutions as products of patches, on rows.

use dfdx::shapes::{Axes2, Axes3, Axis, HasShape};
use dfdx::tensor_ops::{
    BroadcastTo, ChooseFrom, Device, GatherTo, PermuteTo, ReshapeTo, TryAdd, TryConcatAlong, TryGt, TryLt, TryMatMul,
};

use super::PATCH_BYTES;
use super::rows::{Matrix, Vector};
use super::taps::{Extent, TAPS, Taps};

/// Where and how a convolution is computed.
#[derive(Clone, Copy)]
pub(super) struct Product<'a, D: Device<f32>> {
    pub device: &'a D,
    pub taps: &'a Taps<D>,
    /// Memory for the patches of a chunk; a chunk holds one image at least.
    pub budget: usize,
}

/// Gradients of a convolution.
pub(super) struct ByParts<D: Device<f32>> {
    /// By input, where it is of use.
    pub input: Option<Matrix<D>>,
    /// By weight, `[9 x in, out]`.
    pub weight: Matrix<D>,
    /// By bias, `[1, out]`.
    pub bias: Matrix<D>,
}

/// A convolution's parameters: weight `[9 x in, out]`, tap after tap in row-major order, and bias `[out]`.
#[derive(Clone)]
pub(super) struct Kernel<D: Device<f32>> {
    pub weight: Matrix<D>,
    pub bias: Vector<D>,
}

impl<'a, D: Device<f32>> Product<'a, D> {
    pub fn new(device: &'a D, taps: &'a Taps<D>) -> Self {
        Self { device, taps, budget: PATCH_BYTES }
    }

    /// `relu(conv3x3(x) + bias)`: rows of `in` channels to rows of `out`.
    pub fn forward(&self, x: Matrix<D>, extent: Extent, kernel: &Kernel<D>) -> Result<Matrix<D>, D::Err> {
        let channels = x.shape().1;
        if let Some((left, right)) = self.halves(extent, channels) {
            let [a, b] = cut(x, left)?;
            let (a, b) = (self.forward(a, left, kernel)?, self.forward(b, right, kernel)?);
            return (a, b).try_concat_along(Axis::<0>);
        }
        let sum = self.patches(x, extent)?.try_matmul(kernel.weight.clone())?;
        let bias = kernel.bias.clone().try_broadcast_like::<_, Axis<0>>(&sum.shape().clone())?;
        relu(sum.try_add(bias)?)
    }

    /// Gradients, from the input `x`, the output `y` and the gradient `dy` by it.
    pub fn backward(
        &self,
        x: Matrix<D>,
        [y, dy]: [Matrix<D>; 2],
        extent: Extent,
        turned: Option<&Matrix<D>>,
    ) -> Result<ByParts<D>, D::Err> {
        let (inputs, outputs) = (x.shape().1, y.shape().1);
        let widest = if turned.is_some() { inputs.max(outputs) } else { inputs };
        if let Some((left, right)) = self.halves(extent, widest) {
            let ([x0, x1], [y0, y1], [d0, d1]) = (cut(x, left)?, cut(y, left)?, cut(dy, left)?);
            let first = self.backward(x0, [y0, d0], left, turned)?;
            return first.join(self.backward(x1, [y1, d1], right, turned)?);
        }
        let dy = through_relu(&y, dy)?;
        let weight = transposed(self.patches(x, extent)?)?.try_matmul(dy.clone())?;
        let bias = by_bias(self.device, dy.clone())?;
        let input = match turned {
            Some(turned) => Some(self.patches(dy, extent)?.try_matmul(turned.clone())?),
            None => None,
        };
        Ok(ByParts { input, weight, bias })
    }

    /// Two halves of a batch whose patches would not fit.
    fn halves(&self, extent: Extent, channels: usize) -> Option<(Extent, Extent)> {
        let patches = extent.rows() * TAPS * channels * size_of::<f32>();
        let left = extent.images / 2;
        (extent.images > 1 && patches > self.budget)
            .then(|| (extent.with_images(left), extent.with_images(extent.images - left)))
    }

    /// A row of nine times the channels for each pixel.
    fn patches(&self, x: Matrix<D>, extent: Extent) -> Result<Matrix<D>, D::Err> {
        let &(rows, channels) = x.shape();
        let beyond: Matrix<D> = self.device.try_zeros_like(&(1, channels))?;
        let table = self.taps.of_windows(self.device, extent)?;
        let gathered: Matrix<D> = (x, beyond).try_concat_along(Axis::<0>)?.try_gather(table)?;
        gathered.try_reshape_like(&(rows, TAPS * channels))
    }
}

impl<D: Device<f32>> ByParts<D> {
    /// Of two halves of a batch.
    fn join(self, other: Self) -> Result<Self, D::Err> {
        let input = match (self.input, other.input) {
            (Some(a), Some(b)) => Some((a, b).try_concat_along(Axis::<0>)?),
            _ => None,
        };
        Ok(Self { input, weight: self.weight.try_add(other.weight)?, bias: self.bias.try_add(other.bias)? })
    }
}

/// The weights of the convolution that leads from the gradient by output to that by input: taps in reverse, channels
/// exchanged.
pub(super) fn turned<D: Device<f32>>(device: &D, weight: Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let &(rows, outputs) = weight.shape();
    let inputs = rows / TAPS;
    let reversed = device.try_tensor_from_vec((0..TAPS).rev().collect::<Vec<usize>>(), (TAPS,))?;
    let by_tap = weight.try_reshape_like(&(TAPS, inputs * outputs))?;
    let by_tap: Matrix<D> = by_tap.try_gather(reversed)?;
    let exchanged =
        by_tap.try_reshape_like(&(TAPS, inputs, outputs))?.try_permute::<(usize, usize, usize), Axes3<0, 2, 1>>()?;
    exchanged.try_reshape_like(&(TAPS * outputs, inputs))
}

/// The gradient by a bias: the sum over rows, as a product, whose order is fixed.
pub(super) fn by_bias<D: Device<f32>>(device: &D, dy: Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let ones: Matrix<D> = device.try_ones_like(&(1, dy.shape().0))?;
    ones.try_matmul(dy)
}

/// A view with rows and columns exchanged.
pub(super) fn transposed<D: Device<f32>>(x: Matrix<D>) -> Result<Matrix<D>, D::Err> {
    x.try_permute::<(usize, usize), Axes2<1, 0>>()
}

/// `max(x, 0)`; a NaN stays one, so that a network that has diverged is seen to.
pub(super) fn relu<D: Device<f32>>(x: Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let zero = x.device().try_zeros_like(&x)?;
    x.try_lt(0.0)?.try_choose(zero, x)
}

/// The gradient by the input of a ReLU whose output is `y`.
pub(super) fn through_relu<D: Device<f32>>(y: &Matrix<D>, dy: Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let zero = dy.device().try_zeros_like(&dy)?;
    y.try_gt(0.0)?.try_choose(dy, zero)
}

/// The first images' rows, and the rest.
fn cut<D: Device<f32>>(x: Matrix<D>, left: Extent) -> Result<[Matrix<D>; 2], D::Err> {
    let at = left.rows();
    Ok([x.clone().try_slice((..at, ..))?, x.try_slice((at.., ..))?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfdx::tensor::{Cpu, TensorFromVec};

    fn noise(seed: usize, rows: usize, columns: usize) -> Matrix<Cpu> {
        let value = |at: usize| ((at * 7919 + seed * 104_729) % 1000) as f32 / 500.0 - 1.0;
        Cpu::default().tensor_from_vec((0..rows * columns).map(value).collect(), (rows, columns))
    }

    #[test]
    fn a_batch_cut_into_chunks_gives_what_the_whole_gives() {
        let (device, taps) = (Cpu::default(), Taps::new());
        let extent = Extent { images: 5, height: 4, width: 3 };
        let kernel = Kernel { weight: noise(1, 18, 4), bias: noise(2, 1, 4).reshape_like(&(4,)) };
        let (x, dy) = (noise(3, extent.rows(), 2), noise(4, extent.rows(), 4));
        let turned = turned(&device, kernel.weight.clone()).expect("there is memory");
        let pass = |budget: usize| {
            let product = Product { budget, ..Product::new(&device, &taps) };
            let y = product.forward(x.clone(), extent, &kernel).expect("there is memory");
            let parts = product.backward(x.clone(), [y.clone(), dy.clone()], extent, Some(&turned));
            let ByParts { input, weight, bias } = parts.expect("there is memory");
            [y, input.expect("it was asked for"), weight, bias].map(|matrix| matrix.as_vec())
        };
        let whole = pass(PATCH_BYTES);
        for budget in [0, 2 * extent.pixels() * TAPS * 4 * 4] {
            for (ours, theirs) in pass(budget).iter().zip(&whole) {
                let apart = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(ours.len() == theirs.len() && apart < 1e-4, "budget {budget}: {apart}");
            }
        }
    }
}
