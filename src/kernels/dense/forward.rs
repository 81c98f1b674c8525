//! The forward pass: dot products along the inputs.

use super::Dense;
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::product::{Vectors, dot};
use crate::kernels::shared::Shared;

/// Outputs to a forward task. The inputs' chunk is copied once for so many.
pub(super) const FORWARD_OUTPUTS: usize = 32;
/// Samples that are worked on together.
const FORWARD_SAMPLES: usize = 16;
/// Inputs in a chunk: 16 samples of it are 16 KiB, half of a core's first cache. Rows of x lie a power of two apart and
/// would fall into the same few cache sets; the copy of the chunk does not.
const CHUNK: usize = 256;

pub(super) struct Forward<'a> {
    pub(super) dense: &'a Dense,
    pub(super) x: &'a [f32],
    pub(super) w: &'a [f32],
    pub(super) b: &'a [f32],
    pub(super) y: Shared<f32>,
    pub(super) outputs: std::ops::Range<usize>,
}

/// A chunk of the inputs, and, where it does not end with a vector, of a tile's weights.
struct Copies {
    x: [[f32; CHUNK]; FORWARD_SAMPLES],
    w: [[f32; CHUNK]; TILE],
}

/// Sums by lane: `[output][sample]`.
type Partial = [[[f32; LANES]; FORWARD_SAMPLES]; FORWARD_OUTPUTS];

impl Task for Forward<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let mut copies = Copies { x: [[0.0; CHUNK]; FORWARD_SAMPLES], w: [[0.0; CHUNK]; TILE] };
        for first in (0..self.dense.batch).step_by(FORWARD_SAMPLES) {
            let samples = first..self.dense.batch.min(first + FORWARD_SAMPLES);
            let mut partial: Partial = [[[0.0; LANES]; FORWARD_SAMPLES]; FORWARD_OUTPUTS];
            for from in (0..self.dense.inputs).step_by(CHUNK) {
                // SAFETY: the caller's promise.
                unsafe { self.chunk::<L>(samples.clone(), from, &mut copies, &mut partial) };
            }
            for (o, partial) in self.outputs.clone().zip(&partial) {
                for (n, lanes) in samples.clone().zip(partial) {
                    // SAFETY: n and o are within the batch and the outputs, and `y` is as long as both say.
                    unsafe { *self.y.get().add(n * self.dense.outputs + o) = lanes::sum(*lanes) + self.b[o] };
                }
            }
        }
    }
}

impl Forward<'_> {
    /// Adds one chunk's products. The chunk is padded with zeros to whole vectors.
    #[inline(always)]
    unsafe fn chunk<L: Lanes>(
        &self,
        samples: std::ops::Range<usize>,
        from: usize,
        copies: &mut Copies,
        partial: &mut Partial,
    ) {
        let Copies { x, w: padded } = copies;
        let inputs = self.dense.inputs;
        let count = CHUNK.min(inputs - from);
        let vectors = count.div_ceil(LANES);
        for (to, n) in x.iter_mut().zip(samples.clone()) {
            to[..count].copy_from_slice(&self.x[n * inputs + from..][..count]);
            to[count..vectors * LANES].fill(0.0);
        }
        for first in (0..self.outputs.len()).step_by(TILE) {
            let rows = TILE.min(self.outputs.len() - first);
            let mut w = Vectors { at: self.w[(self.outputs.start + first) * inputs + from..].as_ptr(), step: inputs };
            if !count.is_multiple_of(LANES) {
                for (row, to) in padded.iter_mut().enumerate().take(rows) {
                    let start = (self.outputs.start + first + row) * inputs + from;
                    to[..count].copy_from_slice(&self.w[start..][..count]);
                    to[count..vectors * LANES].fill(0.0);
                }
                w = Vectors { at: padded.as_ptr().cast(), step: CHUNK };
            }
            let partial = &mut partial[first..first + rows];
            // SAFETY: `w` has `rows` rows and `x` as many as there are samples, of whole vectors.
            unsafe { tiles::<L>(&x[..samples.len()], w, vectors, partial) };
        }
    }
}

/// Outputs, and samples, of a tile whose sums stay in registers.
const TILE: usize = 4;

#[inline(always)]
unsafe fn tiles<L: Lanes>(
    x: &[[f32; CHUNK]],
    w: Vectors,
    vectors: usize,
    partial: &mut [[[f32; LANES]; FORWARD_SAMPLES]],
) {
    let mut n = 0;
    // SAFETY: each tile lies within the rows that the caller vouches for.
    unsafe {
        while n < x.len() {
            let samples = Vectors { at: x[n].as_ptr(), step: CHUNK };
            if L::PANELS > 1 && partial.len() == TILE && x.len() - n >= TILE {
                tile::<L, TILE, TILE>(samples, w, vectors, n, partial);
                n += TILE;
            } else if x.len() - n >= 2 && partial.len().is_multiple_of(2) {
                for (pair, partial) in partial.chunks_exact_mut(2).enumerate() {
                    tile::<L, 2, 2>(samples, w.below(2 * pair), vectors, n, partial);
                }
                n += 2;
            } else {
                for (row, partial) in partial.chunks_exact_mut(1).enumerate() {
                    tile::<L, 1, 1>(samples, w.below(row), vectors, n, partial);
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
    partial: &mut [[[f32; LANES]; FORWARD_SAMPLES]],
) {
    // SAFETY: the caller vouches for M rows of `x` and N rows of `w`.
    unsafe {
        let mut c = [[L::splat(0.0); N]; M];
        for m in 0..M {
            for n in 0..N {
                c[m][n] = L::load(partial[n][sample + m].as_ptr());
            }
        }
        dot(x, w, vectors, &mut c);
        for m in 0..M {
            for n in 0..N {
                c[m][n].store(partial[n][sample + m].as_mut_ptr());
            }
        }
    }
}
