//! The gradients: outer products with vectors along the inputs.

use super::Dense;
use crate::kernels::lanes::{Lanes, Task};
use crate::kernels::optimizer::Target;
use crate::kernels::product::{Pieces, Scalars, Vectors, outer_rows};
use crate::kernels::shared::Shared;

/// Rows of a gradient tile.
pub(super) const ROWS: usize = 6;

pub(super) struct ByWeights<'a> {
    pub(super) dense: &'a Dense,
    pub(super) x: &'a [f32],
    pub(super) dy: &'a [f32],
    pub(super) target: &'a Target,
    pub(super) outputs: std::ops::Range<usize>,
}

impl Task for ByWeights<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match (self.outputs.len(), L::PANELS > 1) {
                (ROWS, true) => self.rows::<L, ROWS, 4>(self.outputs.start),
                (ROWS, false) => self.rows::<L, ROWS, 1>(self.outputs.start),
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
    #[inline(always)]
    unsafe fn rows<L: Lanes, const M: usize, const N: usize>(&self, first: usize) {
        let Dense { batch, inputs, outputs, .. } = *self.dense;
        let dy = Scalars { at: self.dy[first..].as_ptr(), row: 1, step: outputs };
        let x = Vectors { at: self.x.as_ptr(), step: inputs };
        // SAFETY: `dy` holds M x batch elements and `x` batch rows of `inputs`, as the door has checked.
        unsafe {
            outer_rows::<L, M, N>(dy, x, batch, inputs, &Rows { to: self, first });
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
    pub(super) inputs: std::ops::Range<usize>,
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
            outer_rows::<L, M, N>(dy, w, outputs, self.inputs.len(), &Rows { to: self, first });
        }
    }
}

/// Where the rows of a product go: the task, and the row of its result that they start at.
struct Rows<'a, T> {
    to: &'a T,
    first: usize,
}

impl Pieces for Rows<'_, ByWeights<'_>> {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&self, row: usize, column: usize, values: &[f32]) {
        let offset = (self.first + row) * self.to.dense.inputs + column;
        // SAFETY: the rows are this task's own.
        unsafe { self.to.target.take::<L>(values.as_ptr(), offset, values.len()) }
    }

    #[inline(always)]
    unsafe fn expect<L: Lanes>(&self, row: usize, column: usize, count: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.to.target.prefetch::<L>((self.first + row) * self.to.dense.inputs + column, count) }
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
