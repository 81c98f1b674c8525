//! The gradients: outer products with vectors along the inputs.

use std::ops::Range;

use super::Dense;
use super::forward::{Forward, NONE, ROWS, SAMPLES};
use super::packed::{CHUNK, Packed};
use crate::kernels::lanes::{Lanes, Task};
use crate::kernels::optimizer::Target;
use crate::kernels::product::{Pieces, Scalars, Vectors, outer_rows};
use crate::kernels::shared::Shared;

/// Some rows of the gradient by weights.
///
/// SAFETY of running it: `dy` and `x` are the batch's, and nobody else touches the rows of `outputs` in the target or in the
/// outputs of `ahead`, whose weights are the target's.
pub(super) struct ByWeights<'a> {
    pub(super) dense: &'a Dense,
    pub(super) x: &'a Packed,
    pub(super) dy: &'a [f32],
    pub(super) target: &'a Target,
    pub(super) outputs: Range<usize>,
    /// The forward pass of the next batch through the weights as they become, of at most [`MOST_AHEAD`] samples.
    pub(super) ahead: Option<Forward<'a>>,
}

/// Groups of samples whose sums are kept while a task goes over its weights.
const GROUPS_AHEAD: usize = 4;
/// Samples that a task computes ahead.
pub(super) const MOST_AHEAD: usize = GROUPS_AHEAD * SAMPLES;

impl Task for ByWeights<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the task's own conditions.
        unsafe {
            match (self.outputs.len(), L::PANELS > 1) {
                (ROWS, true) => self.rows::<L, ROWS, 4>(self.outputs.start),
                (ROWS, false) => self.rows::<L, ROWS, 1>(self.outputs.start),
                (4, true) => self.rows::<L, 4, 4>(self.outputs.start),
                (_, wide) => {
                    for output in self.outputs.clone() {
                        if wide { self.rows::<L, 1, 8>(output) } else { self.rows::<L, 1, 4>(output) }
                    }
                }
            }
        }
    }
}

impl ByWeights<'_> {
    /// Chunk by chunk of the inputs: their gradient is taken, and the new weights are used while they are near.
    #[inline(always)]
    unsafe fn rows<L: Lanes, const M: usize, const N: usize>(&self, first: usize) {
        let Dense { batch, inputs, outputs, .. } = *self.dense;
        let dy = Scalars { at: self.dy[first..].as_ptr(), row: 1, step: outputs };
        let ahead = self.ahead.as_ref().map(|ahead| Forward { outputs: first..first + M, ..*ahead });
        let mut sums = [[NONE; M]; GROUPS_AHEAD];
        for chunk in 0..self.x.chunks() {
            let from = chunk * CHUNK;
            let x = Vectors { at: self.x.chunk(chunk).as_ptr().cast(), step: CHUNK };
            let rows = Rows { to: self, first, column: from };
            // SAFETY: `dy` holds M x batch elements and the chunk `batch` rows of its inputs, as the door has checked.
            unsafe { outer_rows::<L, M, N>(dy, x, batch, CHUNK.min(inputs - from), &rows) };
            let Some(ahead) = &ahead else { continue };
            for (group, sums) in sums.iter_mut().enumerate().take(ahead.dense.batch.div_ceil(SAMPLES)) {
                // SAFETY: this task has just written the chunk's weights, and writes to no others before they are read.
                unsafe { ahead.chunk::<L>(group * SAMPLES, chunk, sums) };
            }
        }
        if let Some(ahead) = &ahead {
            for (group, sums) in sums.iter().enumerate().take(ahead.dense.batch.div_ceil(SAMPLES)) {
                // SAFETY: the outputs are this task's own.
                unsafe { ahead.finish(group * SAMPLES, sums) };
            }
        }
    }
}

/// Inputs to a task of the gradient by input.
pub(super) const INPUTS_TO_A_TASK: usize = 256;

pub(super) struct ByInput<'a> {
    pub(super) dense: &'a Dense,
    pub(super) dy: &'a [f32],
    pub(super) w: &'a [f32],
    pub(super) dx: Shared<f32>,
    pub(super) inputs: Range<usize>,
}

impl Task for ByInput<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let batch = self.dense.batch;
        let whole = batch - batch % ROWS;
        // SAFETY: the caller's promise.
        unsafe {
            for n in (0..whole).step_by(ROWS) {
                if L::PANELS > 1 { self.rows::<L, ROWS, 4>(n) } else { self.rows::<L, ROWS, 1>(n) }
            }
            for n in whole..batch {
                self.rows::<L, 1, 4>(n);
            }
        }
    }
}

impl ByInput<'_> {
    #[inline(always)]
    unsafe fn rows<L: Lanes, const M: usize, const N: usize>(&self, first: usize) {
        let Dense { inputs, outputs, .. } = *self.dense;
        let dy = Scalars { at: self.dy[first * outputs..].as_ptr(), row: outputs, step: 1 };
        let w = Vectors { at: self.w[self.inputs.start..].as_ptr(), step: inputs };
        // SAFETY: `dy` holds M x outputs elements and `w` outputs rows of this task's inputs; the pieces lie in `dx`.
        unsafe {
            outer_rows::<L, M, N>(dy, w, outputs, self.inputs.len(), &Rows { to: self, first, column: 0 });
        }
    }
}

/// Where the rows of a product go: the task, and the row and the column of its result that they start at.
struct Rows<'a, T> {
    to: &'a T,
    first: usize,
    column: usize,
}

impl Pieces for Rows<'_, ByWeights<'_>> {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&self, row: usize, column: usize, values: &[f32]) {
        let offset = (self.first + row) * self.to.dense.inputs + self.column + column;
        // SAFETY: the rows are this task's own.
        unsafe { self.to.target.take::<L>(values.as_ptr(), offset, values.len()) }
    }

    #[inline(always)]
    unsafe fn expect<L: Lanes>(&self, row: usize, column: usize, count: usize) {
        let offset = (self.first + row) * self.to.dense.inputs + self.column + column;
        // SAFETY: the caller's promise.
        unsafe { self.to.target.prefetch::<L>(offset, count) }
    }
}

impl Pieces for Rows<'_, ByInput<'_>> {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&self, row: usize, column: usize, values: &[f32]) {
        let offset = (self.first + row) * self.to.dense.inputs + self.to.inputs.start + column;
        // SAFETY: the columns are this task's own.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), self.to.dx.get().add(offset), values.len()) }
    }

    #[inline(always)]
    unsafe fn expect<L: Lanes>(&self, _row: usize, _column: usize, _count: usize) {}
}
