//! The products with vectors: the bits of the tile unit, on any machine.

use super::pixels;
use super::step::{BlockSums, PIXEL, Patches, Step, TILE};
use super::{DEPTH, EDGE};
use crate::kernels::lanes::{LANES, Lanes, Task};

/// Adds a step to sums.
///
/// SAFETY of running it: as the step says.
pub(super) struct Emulated<'a> {
    pub(super) step: Step,
    pub(super) sums: &'a mut BlockSums,
}

/// Pixels whose even and odd sums stay in registers together.
const ROWS: usize = 4;

impl Task for Emulated<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let tiles = if self.step.short { 1 } else { 2 };
        for (tile, sums) in self.sums.iter_mut().enumerate().take(tiles) {
            for (columns, sums) in sums.iter_mut().enumerate() {
                for (rows, sums) in sums.chunks_exact_mut(ROWS * LANES).enumerate() {
                    // SAFETY: the step's conditions; the sums of so many pixels follow each other.
                    unsafe { add_rows::<L>(&self.step, columns, tile * EDGE + rows * ROWS, sums.as_mut_ptr()) };
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn add_rows<L: Lanes>(step: &Step, columns: usize, first: usize, to: *mut f32) {
    // SAFETY: the step's conditions.
    unsafe {
        let mut sums = [L::splat(0.0); ROWS];
        if !step.begins {
            for (row, sum) in sums.iter_mut().enumerate() {
                *sum = L::load(to.add(row * LANES));
            }
        }
        for tap in 0..9 {
            let pixels = step.source.add(tap / 3 * step.row + (first + tap % 3) * PIXEL);
            let (even, odd) = tile::<L, PIXEL>(pixels, step.weights.add((tap * 2 + columns) * TILE));
            for (sum, (even, odd)) in sums.iter_mut().zip(even.into_iter().zip(odd)) {
                *sum = sum.add(even.add(odd).flush()).flush();
            }
        }
        for (row, sum) in sums.into_iter().enumerate() {
            sum.store(to.add(row * LANES));
        }
    }
}

/// Sums from patches.
///
/// SAFETY of running it: as the patches say.
pub(super) struct EmulatedPatches<'a> {
    pub(super) patches: Patches,
    pub(super) sums: &'a mut BlockSums,
}

impl Task for EmulatedPatches<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let tiles = if self.patches.short { 1 } else { 2 };
        for (tile, sums) in self.sums.iter_mut().enumerate().take(tiles) {
            for (columns, sums) in sums.iter_mut().enumerate() {
                for (rows, sums) in sums.chunks_exact_mut(ROWS * LANES).enumerate() {
                    // SAFETY: the task's own conditions.
                    unsafe { patch_rows::<L>(&self.patches, columns, tile * EDGE + rows * ROWS, sums) };
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn patch_rows<L: Lanes>(patches: &Patches, columns: usize, first: usize, to: &mut [f32]) {
    // SAFETY: the task's own conditions.
    unsafe {
        let mut sums = [L::splat(0.0); ROWS];
        for (part, weights) in pixels::STEPS {
            let source = patches.sources[part].add(first * pixels::BYTES);
            let weights = patches.weights.add((2 * weights + columns) * TILE);
            let (even, odd) = tile::<L, { pixels::BYTES }>(source, weights);
            for (sum, (even, odd)) in sums.iter_mut().zip(even.into_iter().zip(odd)) {
                *sum = sum.add(even.add(odd).flush()).flush();
            }
        }
        for (sum, to) in sums.into_iter().zip(to.chunks_exact_mut(LANES)) {
            sum.store(to.as_mut_ptr());
        }
    }
}

/// Even and odd sums of one tap of pixels, or of patches, that are so many bytes apart.
#[inline(always)]
unsafe fn tile<L: Lanes, const APART: usize>(pixels: *const u8, weights: *const u8) -> ([L; ROWS], [L; ROWS]) {
    // SAFETY: the step's conditions.
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
