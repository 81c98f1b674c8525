//! The forward pass: dot products along the inputs.

use std::ops::Range;

use super::Dense;
use super::packed::{CHUNK, Packed};
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::product::{Vectors, dot};
use crate::kernels::shared::Shared;

/// Outputs to a forward task.
pub(super) const FORWARD_OUTPUTS: usize = 32;
/// Samples that are worked on together.
pub(super) const SAMPLES: usize = 16;

/// What some outputs are computed from, and where they go.
///
/// SAFETY of using it: `x` has the batch and the inputs of `dense`; `w` holds its weights and nobody writes to the rows of
/// `outputs` meanwhile; `b` has one value per output; `y` holds the batch's outputs, and nobody else touches `outputs` in it.
pub(super) struct Forward<'a> {
    pub(super) dense: &'a Dense,
    pub(super) x: &'a Packed,
    pub(super) w: *const f32,
    pub(super) b: &'a [f32],
    pub(super) y: Shared<f32>,
    pub(super) outputs: Range<usize>,
}

/// Sums of some samples by lane, of one output.
pub(super) type Sums = [[f32; LANES]; SAMPLES];

/// No sums yet.
pub(super) const NONE: Sums = [[0.0; LANES]; SAMPLES];

/// The weights of a tile's rows where the inputs do not end with a vector, filled up with zeros.
type Padded = [[f32; CHUNK]; TILE];

impl Task for Forward<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        for first in (0..self.dense.batch).step_by(SAMPLES) {
            let mut sums = [NONE; FORWARD_OUTPUTS];
            let sums = &mut sums[..self.outputs.len()];
            // SAFETY: the task's own conditions.
            unsafe {
                for chunk in 0..self.x.chunks() {
                    self.chunk::<L>(first, chunk, sums);
                }
                self.finish(first, sums);
            }
        }
    }
}

impl Forward<'_> {
    /// Adds one chunk's products to the sums of the samples from `first` on.
    #[inline(always)]
    pub(super) unsafe fn chunk<L: Lanes>(&self, first: usize, chunk: usize, sums: &mut [Sums]) {
        let inputs = self.dense.inputs;
        let from = chunk * CHUNK;
        let count = CHUNK.min(inputs - from);
        let x = &self.x.chunk(chunk)[first..self.dense.batch.min(first + SAMPLES)];
        let mut row = 0;
        while row < sums.len() {
            let rows = if L::PANELS > 1 && sums.len() - row >= ROWS { ROWS } else { TILE.min(sums.len() - row) };
            // SAFETY: the rows are inside, by the caller's conditions.
            unsafe {
                let w = Vectors { at: self.w.add((self.outputs.start + row) * inputs + from), step: inputs };
                let sums = &mut sums[row..row + rows];
                if count.is_multiple_of(LANES) {
                    tiles::<L>(x, w, count / LANES, sums);
                } else {
                    padded::<L>(x, w, count, sums);
                }
            }
            row += rows;
        }
    }

    /// Adds up the lanes and the bias.
    #[inline(always)]
    pub(super) unsafe fn finish(&self, first: usize, sums: &[Sums]) {
        let samples = first..self.dense.batch.min(first + SAMPLES);
        for (o, sums) in self.outputs.clone().zip(sums) {
            for (n, lanes) in samples.clone().zip(sums) {
                // SAFETY: n and o are within the batch and the outputs, and `y` is as long as both say.
                unsafe { *self.y.get().add(n * self.dense.outputs + o) = lanes::sum(*lanes) + self.b[o] };
            }
        }
    }
}

/// Outputs, and samples, of a tile whose sums stay in registers.
const TILE: usize = 4;
/// Outputs of a tile where there are 32 registers, and of a task that updates weights.
pub(super) const ROWS: usize = 6;

/// [`tiles`] for rows that do not end with a vector.
#[inline(always)]
unsafe fn padded<L: Lanes>(x: &[[f32; CHUNK]], w: Vectors, count: usize, sums: &mut [Sums]) {
    for (group, sums) in sums.chunks_mut(TILE).enumerate() {
        let mut copy: Padded = [[0.0; CHUNK]; TILE];
        for (row, to) in copy.iter_mut().enumerate().take(sums.len()) {
            // SAFETY: the caller vouches for `count` values of every row.
            unsafe {
                std::ptr::copy_nonoverlapping(w.below(group * TILE + row).at, to.as_mut_ptr(), count);
            }
        }
        // SAFETY: the copy has whole vectors, and so has x.
        unsafe { tiles::<L>(x, Vectors { at: copy.as_ptr().cast(), step: CHUNK }, count.div_ceil(LANES), sums) };
    }
}

/// Adds the products of `vectors` vectors of every sample with as many rows of `w` as there are sums.
#[inline(always)]
unsafe fn tiles<L: Lanes>(x: &[[f32; CHUNK]], w: Vectors, vectors: usize, sums: &mut [Sums]) {
    let mut n = 0;
    // SAFETY: each tile lies within the rows that the caller vouches for.
    unsafe {
        while n < x.len() {
            let samples = Vectors { at: x[n].as_ptr(), step: CHUNK };
            if L::PANELS > 1 && x.len() - n >= TILE {
                match sums.len() {
                    ROWS => tile::<L, TILE, ROWS>(samples, w, vectors, n, sums),
                    TILE => tile::<L, TILE, TILE>(samples, w, vectors, n, sums),
                    _ => {
                        for (row, sums) in sums.chunks_exact_mut(1).enumerate() {
                            tile::<L, TILE, 1>(samples, w.below(row), vectors, n, sums);
                        }
                    }
                }
                n += TILE;
            } else if x.len() - n >= 2 && sums.len().is_multiple_of(2) {
                for (pair, sums) in sums.chunks_exact_mut(2).enumerate() {
                    tile::<L, 2, 2>(samples, w.below(2 * pair), vectors, n, sums);
                }
                n += 2;
            } else {
                for (row, sums) in sums.chunks_exact_mut(1).enumerate() {
                    tile::<L, 1, 1>(samples, w.below(row), vectors, n, sums);
                }
                n += 1;
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<L: Lanes, const M: usize, const N: usize>(
    x: Vectors,
    w: Vectors,
    vectors: usize,
    sample: usize,
    sums: &mut [Sums],
) {
    // SAFETY: the caller vouches for M rows of `x` and N rows of `w`.
    unsafe {
        let mut c = [[L::splat(0.0); N]; M];
        for m in 0..M {
            for n in 0..N {
                c[m][n] = L::load(sums[n][sample + m].as_ptr());
            }
        }
        dot(x, w, vectors, &mut c);
        for m in 0..M {
            for n in 0..N {
                c[m][n].store(sums[n][sample + m].as_mut_ptr());
            }
        }
    }
}
