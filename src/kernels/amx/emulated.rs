//! The products with vectors: the bits of the tile unit, on any machine.

use super::product::{PIXEL, Step, Sums, TILE};
use super::{BLOCK, DEPTH, EDGE};
use crate::kernels::lanes::{LANES, Lanes, Task};

/// Adds a step to sums.
///
/// SAFETY of running it: as the step says.
pub(super) struct Emulated<'a> {
    pub(super) step: Step,
    pub(super) sums: &'a mut Sums,
}

/// Pixels whose even and odd sums stay in registers together.
const ROWS: usize = 4;

impl Task for Emulated<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let pixels = if self.step.short { EDGE } else { BLOCK };
        for columns in 0..2 {
            for first in (0..pixels).step_by(ROWS) {
                // SAFETY: the step's conditions; the sums of so many pixels follow each other.
                unsafe { rows::<L>(&self.step, columns, first, self.sums.of_mut(first, columns)) };
            }
        }
    }
}

#[inline(always)]
unsafe fn rows<L: Lanes>(step: &Step, columns: usize, first: usize, to: *mut f32) {
    // SAFETY: the step's conditions.
    unsafe {
        let mut sums: [L; ROWS] = std::array::from_fn(|row| L::load(to.add(row * LANES)));
        for tap in 0..9 {
            let pixels = step.source.add(tap / 3 * step.row + (first + tap % 3) * PIXEL);
            let (even, odd) = tile::<L>(pixels, step.weights.add((tap * 2 + columns) * TILE));
            for (sum, (even, odd)) in sums.iter_mut().zip(even.into_iter().zip(odd)) {
                *sum = sum.add(even.add(odd).flush()).flush();
            }
        }
        for (row, sum) in sums.into_iter().enumerate() {
            sum.store(to.add(row * LANES));
        }
    }
}

/// Even and odd sums of one tap.
#[inline(always)]
unsafe fn tile<L: Lanes>(pixels: *const u8, weights: *const u8) -> ([L; ROWS], [L; ROWS]) {
    // SAFETY: the step's conditions.
    unsafe {
        let (mut even, mut odd) = ([L::splat(0.0); ROWS], [L::splat(0.0); ROWS]);
        for pair in 0..DEPTH / 2 {
            let right = L::widen(L::load_pairs(weights.add(pair * PIXEL).cast()));
            for row in 0..ROWS {
                let left = L::widen(L::splat_pair(pixels.add(row * PIXEL + pair * 4).cast()));
                even[row] = left.0.fma(right.0, even[row]).flush();
                odd[row] = left.1.fma(right.1, odd[row]).flush();
            }
        }
        (even, odd)
    }
}
