//! The layer itself: lengths asserted once, work handed to the threads.

use rayon::prelude::*;

use super::forward::{FORWARD_OUTPUTS, Forward, ROWS};
use super::gradients::{ByInput, ByWeights, INPUTS_TO_A_TASK, MOST_AHEAD};
use super::packed::Packed;
use crate::kernels::isa::Isa;
use crate::kernels::lanes;
use crate::kernels::optimizer::{Parameter, Step, Target};
use crate::kernels::shared::Shared;

/// The sizes of a dense layer and of a batch that goes through it, and the instruction set to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Instruction set; it changes no bit of any result.
    pub isa: Isa,
    /// Samples.
    pub batch: usize,
    /// Values in, per sample.
    pub inputs: usize,
    /// Values out, per sample.
    pub outputs: usize,
}

/// The batch that comes after the one whose gradients update a layer.
#[derive(Debug)]
pub struct Ahead<'a> {
    /// Its inputs.
    pub x: &'a Packed,
    /// `[outputs]`, already updated.
    pub b: &'a [f32],
    /// `[batch][outputs]`, overwritten.
    pub y: &'a mut [f32],
}

impl Dense {
    /// `y[n][o] = b[o] + sum_k x[n][k] w[o][k]`.
    ///
    /// Lane l sums the k that are l modulo 16, in order; then the lanes are added up pairwise, then the bias.
    pub fn forward(&self, x: &Packed, w: &[f32], b: &[f32], y: &mut [f32]) {
        self.check(x, w, y);
        assert_eq!(b.len(), self.outputs, "the dense bias is not one value per output");
        let (w, y) = (Shared(w.as_ptr().cast_mut()), Shared(y.as_mut_ptr()));
        self.each_part(self.outputs, FORWARD_OUTPUTS, |outputs| {
            // SAFETY: lengths were checked; parts write disjoint outputs, and nobody the weights.
            unsafe { lanes::run(self.isa, Forward { dense: self, x, w: w.get(), b, y, outputs }) }
        });
    }

    /// `dx[n][k] = sum_o dy[n][o] w[o][k]`, in order of o. `dx` is overwritten.
    pub fn gradient_by_input(&self, dy: &[f32], w: &[f32], dx: &mut [f32]) {
        assert_eq!(dx.len(), self.batch * self.inputs, "the dense input's gradient is not batch x inputs");
        self.check_parameters(w, dy);
        let dx = Shared(dx.as_mut_ptr());
        self.each_part(self.inputs, INPUTS_TO_A_TASK, |inputs| {
            // SAFETY: lengths were checked; parts write disjoint inputs.
            unsafe { lanes::run(self.isa, ByInput { dense: self, dy, w, dx, inputs }) }
        });
    }

    /// `dw[o][k] = sum_n dy[n][o] x[n][k]`, in order of n. `dw` is overwritten.
    pub fn gradient_by_weights(&self, x: &Packed, dy: &[f32], dw: &mut [f32]) {
        self.check(x, dw, dy);
        self.by_weights(x, dy, &Target::store(dw), None);
    }

    /// `db[o] = sum_n dy[n][o]`, in order of n. `db` is overwritten.
    pub fn gradient_by_bias(&self, dy: &[f32], db: &mut [f32]) {
        assert_eq!(dy.len(), self.batch * self.outputs, "the dense output gradient is not batch x outputs");
        assert_eq!(db.len(), self.outputs, "the dense bias gradient is not one value per output");
        db.fill(0.0);
        for dy in dy.chunks_exact(self.outputs) {
            db.iter_mut().zip(dy).for_each(|(db, dy)| *db += dy);
        }
    }

    /// [`Dense::gradient_by_weights`] and [`optimizer::update`](crate::kernels::optimizer::update) in one pass that never stores
    /// the gradient. The same bits as both apart. Take the gradient by input first: it needs the weights as they were.
    ///
    /// With `ahead` the new weights are used for [`Dense::forward`] of another batch before they are written back to
    /// memory, which is what both passes wait for. The same bits as after the update.
    pub fn update(&self, x: &Packed, dy: &[f32], step: &Step, parameter: Parameter<'_>, ahead: Option<Ahead<'_>>) {
        self.check(x, parameter.weights, dy);
        let target = Target::update(step, parameter);
        let (Some(w), Some(Ahead { x: next, b, y })) = (target.weights().map(Shared), ahead) else {
            return self.by_weights(x, dy, &target, None);
        };
        let dense = Self { batch: next.batch(), ..*self };
        assert!(next.inputs() == self.inputs && y.len() == dense.batch * self.outputs && b.len() == self.outputs);
        if dense.batch <= MOST_AHEAD {
            let y = Shared(y.as_mut_ptr());
            let forward = || Forward { dense: &dense, x: next, w: w.get(), b, y, outputs: 0..0 };
            self.by_weights(x, dy, &target, Some(&forward));
        } else {
            self.by_weights(x, dy, &target, None);
            // SAFETY: the parameter is still borrowed, and nobody updates it any more.
            let weights = unsafe { std::slice::from_raw_parts(w.get(), self.inputs * self.outputs) };
            dense.forward(next, weights, b, y);
        }
    }

    fn by_weights<'a>(
        &'a self,
        x: &'a Packed,
        dy: &'a [f32],
        target: &'a Target,
        ahead: Option<&(dyn Fn() -> Forward<'a> + Sync)>,
    ) {
        self.each_part(self.outputs, ROWS, |outputs| {
            let ahead = ahead.map(|forward| forward());
            // SAFETY: lengths were checked; parts take disjoint rows of weights and of what comes of them.
            unsafe { lanes::run(self.isa, ByWeights { dense: self, x, dy, target, outputs, ahead }) }
        });
    }

    fn check(&self, x: &Packed, w: &[f32], y: &[f32]) {
        assert_eq!((x.batch(), x.inputs()), (self.batch, self.inputs), "the dense input is not batch x inputs");
        self.check_parameters(w, y);
    }

    fn check_parameters(&self, w: &[f32], y: &[f32]) {
        assert_eq!(w.len(), self.outputs * self.inputs, "the dense weights are not outputs x inputs");
        assert_eq!(y.len(), self.batch * self.outputs, "the dense output is not batch x outputs");
    }

    /// Splits 0..`len` into ranges of `size` and hands them to the threads, if there is enough to do.
    fn each_part(&self, len: usize, size: usize, part: impl Fn(std::ops::Range<usize>) + Sync) {
        if self.batch * self.inputs * self.outputs < WORTH_THREADS {
            (0..len).step_by(size).for_each(|start| part(start..len.min(start + size)));
        } else {
            let parts = (0..len.div_ceil(size)).into_par_iter();
            parts.for_each(|index| part(index * size..len.min((index + 1) * size)));
        }
    }
}

/// Multiplications below which waking a thread costs more than it saves (some 10 us of one core).
const WORTH_THREADS: usize = 500_000;
