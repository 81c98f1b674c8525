//! What follows the products: bias, ReLU and the pool, and where the results go.

use super::step::TileSums;
use super::{BLOCK, EDGE};
use crate::kernels::lanes::{LANES, Lanes, Task};
use crate::kernels::layout::{Element, Shape, store};
use crate::kernels::trunk::Pool;

/// Pixels whose sums are complete, and what becomes of them: the pool is applied to sums, then comes the bias, then ReLU. It makes no
/// difference which is first, since rounding is monotonic.
pub(super) struct Finishing<'a> {
    /// Those of the pixels that are left, tile by tile.
    pub(super) sums: &'a [TileSums],
    /// Pixels that are left, counted along the rows, the border between them included.
    pub(super) left: usize,
    /// Row and column of the first of them.
    pub(super) at: (usize, usize),
    /// Columns of the input.
    pub(super) width: usize,
    /// Of the 32 out-channels.
    pub(super) bias: *const f32,
    pub(super) pool: Pool,
    /// With a pool, [`between_numbers`]: what it has left for the pixels to come.
    pub(super) between: *mut f32,
    /// The activation that is written.
    pub(super) target: *mut u8,
    pub(super) shape: Shape,
    /// The place in it of the out-channels of the first pixel, in numbers.
    pub(super) first: usize,
    /// Vectors of them; those that only fill up the block are not among them.
    pub(super) vectors: usize,
}

/// What follows the products of one tile.
///
/// SAFETY of running it: there is one more; its pixels that are no border, or their squares, are inside the shape, and nobody else
/// touches them; `bias` has 32 numbers, `between` as many as it says.
pub(super) struct Finish<'a, 'b>(pub(super) &'a mut Finishing<'b>);

/// Two vectors: a pixel's 32 out-channels.
type Pixel<L> = [L; 2];

/// Numbers that a pool leaves between pixels of so wide an image: the maxima of the pairs of a row, and the pixel before the next.
pub(super) fn between_numbers(width: usize) -> usize {
    (width / 2 + 1) * BLOCK
}

impl Task for Finish<'_, '_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (tile, sums) = self.0.sums.split_first().expect("the task's conditions");
        let pixels = EDGE.min(self.0.left);
        let mut pixel = 0;
        while pixel < pixels {
            let here = (self.0.width - self.0.at.1).min(pixels - pixel);
            let sums = tile[0][pixel * LANES..].as_ptr();
            // SAFETY: the task's own conditions.
            unsafe {
                match self.0.pool {
                    Pool::None => self.0.plain::<L>(sums, here),
                    Pool::Max2x2 => self.0.pooled::<L>(sums, here),
                }
            }
            self.0.at.1 += here;
            pixel += here;
            if self.0.at.1 == self.0.width && pixel < pixels {
                // The border between the rows.
                self.0.at = (self.0.at.0 + 1, 0);
                pixel += 1;
            }
        }
        self.0.sums = sums;
        self.0.left -= pixels;
    }
}

// SAFETY of all: the task's own conditions.
impl Finishing<'_> {
    /// So many pixels of one row, without a pool.
    #[inline(always)]
    unsafe fn plain<L: Lanes>(&self, sums: *const f32, count: usize) {
        unsafe {
            let bias = pixel_at(self.bias);
            let to = self.place(self.at);
            for pixel in 0..count {
                self.put::<L>(sums_at(sums.add(pixel * LANES)), bias, to + pixel * self.shape.lanes);
            }
        }
    }

    /// So many pixels of one row, with a pool.
    #[inline(always)]
    unsafe fn pooled<L: Lanes>(&self, sums: *const f32, count: usize) {
        let (row, start) = self.at;
        let end = start + count;
        unsafe {
            let bias: Pixel<L> = pixel_at(self.bias);
            let before = self.between.add(self.shape.size.1 * BLOCK);
            let mut column = start;
            while column < end.min(self.shape.size.1 * 2) {
                let here: Pixel<L> = sums_at(sums.add((column - start) * LANES));
                let pair = if column % 2 == 1 {
                    larger(pixel_at(before), here)
                } else if column + 1 < end {
                    larger(here, sums_at(sums.add((column + 1 - start) * LANES)))
                } else {
                    return leave(here, before);
                };
                let above = self.between.add(column / 2 * BLOCK);
                if row % 2 == 0 {
                    leave(pair, above);
                } else {
                    self.put(larger(pixel_at(above), pair), bias, self.place((row / 2, column / 2)));
                }
                column = (column / 2 + 1) * 2;
            }
        }
    }

    /// The place of a pixel's first vector, counted in numbers.
    #[inline(always)]
    fn place(&self, (row, column): (usize, usize)) -> usize {
        self.first + row * self.shape.row() + column * self.shape.lanes
    }

    #[inline(always)]
    unsafe fn put<L: Lanes>(&self, sums: Pixel<L>, bias: Pixel<L>, to: usize) {
        let Self { target, shape, vectors, .. } = *self;
        unsafe {
            let zero = L::splat(0.0);
            let first = sums[0].add(bias[0]).max(zero);
            let second = sums[1].add(bias[1]).max(zero);
            if shape.lanes == BLOCK && shape.element == Element::Bf16 {
                return first.store_two_bf16(second, target.cast::<u16>().add(to));
            }
            store(first, target, to, shape.element);
            if vectors == 2 {
                let apart = if shape.lanes == BLOCK { LANES } else { shape.group() };
                store(second, target, to + apart, shape.element);
            }
        }
    }
}

/// A pixel's sums, the second half a tile behind the first.
#[inline(always)]
unsafe fn sums_at<L: Lanes>(from: *const f32) -> Pixel<L> {
    // SAFETY: the task's own conditions.
    unsafe { [L::load(from), L::load(from.add(EDGE * EDGE))] }
}

#[inline(always)]
unsafe fn pixel_at<L: Lanes>(from: *const f32) -> Pixel<L> {
    // SAFETY: the task's own conditions.
    unsafe { [L::load(from), L::load(from.add(LANES))] }
}

#[inline(always)]
unsafe fn leave<L: Lanes>(pixel: Pixel<L>, to: *mut f32) {
    // SAFETY: the task's own conditions.
    unsafe {
        pixel[0].store(to);
        pixel[1].store(to.add(LANES));
    }
}

#[inline(always)]
unsafe fn larger<L: Lanes>(a: Pixel<L>, b: Pixel<L>) -> Pixel<L> {
    // SAFETY: the caller has the instruction set.
    unsafe { [a[0].max(b[0]), a[1].max(b[1])] }
}
