//! What follows the products: bias, ReLU and the pool, and where the results go.

use std::ops::Range;

use super::product::Sums;
use crate::kernels::lanes::{LANES, Lanes, Task};
use crate::kernels::layout::{Shape, load, store};

/// Where the 32 out-channels of a block go.
pub(super) struct Place {
    pub(super) pointer: *mut u8,
    pub(super) shape: Shape,
    pub(super) image: usize,
    /// Their vectors among those of the shape; those that only fill up the block are not among them.
    pub(super) vectors: Range<usize>,
    /// Rows of the image that come before the first one here.
    pub(super) above: usize,
    /// Pixels of border above and to the left.
    pub(super) border: usize,
}

impl Place {
    /// The place of a vector of a pixel, counted in numbers.
    fn at(&self, vector: usize, (row, column): (usize, usize)) -> usize {
        self.shape.offset(self.image, vector, (row - self.above + self.border, column + self.border))
    }
}

/// Adds the bias to sums and applies ReLU.
///
/// SAFETY of running it: the pixels that are no border are inside the place, and nobody else touches them; `bias` has 32 numbers.
pub(super) struct Finish<'a> {
    pub(super) sums: &'a Sums,
    /// Counted along the rows of the input, the border between them included.
    pub(super) pixels: Range<usize>,
    pub(super) pitch: usize,
    pub(super) bias: *const f32,
    pub(super) to: Place,
}

impl Task for Finish<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (mut row, mut column) = (self.pixels.start / self.pitch, self.pixels.start % self.pitch);
        let mut pixel = 0;
        while pixel < self.pixels.len() {
            let here = (self.pitch - 1 - column).min(self.pixels.len() - pixel);
            // SAFETY: the task's own conditions.
            unsafe { self.run_of_pixels::<L>(pixel..pixel + here, (row, column)) };
            (row, column, pixel) = (row + 1, 0, pixel + here + 1);
        }
    }
}

impl Finish<'_> {
    /// Pixels of one row.
    #[inline(always)]
    unsafe fn run_of_pixels<L: Lanes>(&self, pixels: Range<usize>, first: (usize, usize)) {
        let Place { pointer, shape: Shape { lanes, element, .. }, .. } = self.to;
        for (columns, vector) in self.to.vectors.clone().enumerate() {
            let to = self.to.at(vector, first);
            // SAFETY: the task's own conditions.
            unsafe {
                let (bias, zero) = (L::load(self.bias.add(columns * LANES)), L::splat(0.0));
                for (next, pixel) in pixels.clone().enumerate() {
                    let sums = self.sums.of(pixel, columns);
                    store(L::load(sums).add(bias).max(zero), pointer, to + next * lanes, element);
                }
            }
        }
    }
}

/// The maximum of each 2x2 square of a band.
///
/// SAFETY of running it: all of the rows have been written to `from`; half of them are inside `to`, and nobody else touches them.
pub(super) struct Maxima {
    pub(super) rows: Range<usize>,
    pub(super) from: Place,
    pub(super) to: Place,
}

impl Task for Maxima {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (element, columns) = (self.to.shape.element, self.to.shape.size.1);
        for row in self.rows.start / 2..self.rows.end / 2 {
            for (from, to) in self.from.vectors.clone().zip(self.to.vectors.clone()) {
                for column in 0..columns {
                    // SAFETY: the task's own conditions.
                    unsafe {
                        let at = |down: usize, right: usize| {
                            let at = self.from.at(from, (2 * row + down, 2 * column + right));
                            load::<L>(self.from.pointer, at, element)
                        };
                        let value = at(0, 0).max(at(1, 0)).max(at(0, 1).max(at(1, 1)));
                        store(value, self.to.pointer, self.to.at(to, (row, column)), element);
                    }
                }
            }
        }
    }
}
