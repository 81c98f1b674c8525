//! The products with vectors: the bits of the tile unit, on any machine.

use super::step::{BlockSums, PIXEL, TILE};
use super::{DEPTH, EDGE};
use crate::kernels::lanes::{LANES, Lanes, Task};

/// Where pixels (or patches) and the weights that multiply them begin.
pub(super) type Factors = (*const u8, *const u8);

/// Adds products to sums, of pixels that are `APART` bytes from each other.
///
/// SAFETY of running it: 64 bytes of each of 32 pixels (16 if it is `short`) can be read, and two tiles of weights, of all factors.
pub(super) struct Emulated<'a, const APART: usize> {
    pub(super) factors: &'a [Factors],
    pub(super) short: bool,
    /// Whether sums begin with them, whatever is in their place.
    pub(super) begins: bool,
    pub(super) sums: &'a mut BlockSums,
}

/// Pixels whose even and odd sums stay in registers together.
const ROWS: usize = 4;

impl<const APART: usize> Task for Emulated<'_, APART> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let Self { factors, short, begins, sums } = self;
        for (tile, sums) in sums.iter_mut().enumerate().take(if short { 1 } else { 2 }) {
            for (columns, sums) in sums.iter_mut().enumerate() {
                for (rows, sums) in sums.chunks_exact_mut(ROWS * LANES).enumerate() {
                    let first = (tile * EDGE + rows * ROWS) * APART;
                    // SAFETY: the task's own conditions; the sums of so many pixels follow each other.
                    unsafe { add_rows::<L, APART>(factors, (first, columns * TILE), begins, sums.as_mut_ptr()) };
                }
            }
        }
    }
}

/// Adds the products of so many bytes behind the factors.
#[inline(always)]
unsafe fn add_rows<L: Lanes, const APART: usize>(
    factors: &[Factors],
    behind: (usize, usize),
    begins: bool,
    to: *mut f32,
) {
    // SAFETY: the task's conditions.
    unsafe {
        let mut sums = [L::splat(0.0); ROWS];
        if !begins {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = L::load(to.add(row * LANES));
            }
        }
        for &(pixels, weights) in factors {
            let (even, odd) = tile::<L, APART>(pixels.add(behind.0), weights.add(behind.1));
            for (sum, (even, odd)) in sums.iter_mut().zip(even.into_iter().zip(odd)) {
                *sum = sum.add(even.add(odd).flush()).flush();
            }
        }
        for (row, sum) in sums.into_iter().enumerate() {
            sum.store(to.add(row * LANES));
        }
    }
}

/// Even and odd sums of a product.
#[inline(always)]
unsafe fn tile<L: Lanes, const APART: usize>(pixels: *const u8, weights: *const u8) -> ([L; ROWS], [L; ROWS]) {
    // SAFETY: the task's conditions.
    unsafe {
        let (mut even, mut odd) = ([L::splat(0.0); ROWS], [L::splat(0.0); ROWS]);
        for pair in 0..DEPTH / 2 {
            let right = L::widen(L::load_pairs(weights.add(pair * PIXEL).cast()));
            for row in 0..ROWS {
                let left = L::widen(L::splat_pair(pixels.add(row * APART + pair * 4).cast()));
                even[row] = left.0.fma(right.0, even[row]).flush();
                odd[row] = left.1.fma(right.1, odd[row]).flush();
            }
        }
        (even, odd)
    }
}
