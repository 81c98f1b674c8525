//! Dense (fully connected) layers: forward, both gradients, and a gradient that goes straight into the optimiser.

use super::isa::Isa;
use super::optimizer::{self, Parameter, Step};

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

impl Dense {
    /// y[n][o] = b[o] + sum_k x[n][k] w[o][k].
    pub fn forward(&self, x: &[f32], w: &[f32], b: &[f32], y: &mut [f32]) {
        self.check(x, w, y);
        assert_eq!(b.len(), self.outputs, "the dense bias is not one value per output");
        for (x, y) in x.chunks_exact(self.inputs).zip(y.chunks_exact_mut(self.outputs)) {
            for ((y, w), b) in y.iter_mut().zip(w.chunks_exact(self.inputs)).zip(b) {
                let mut lanes = [0.0f32; 16];
                for (k, (x, w)) in x.iter().zip(w).enumerate() {
                    lanes[k % 16] += x * w;
                }
                *y = b + lanes.iter().sum::<f32>();
            }
        }
    }

    /// dx[n][k] = sum_o dy[n][o] w[o][k]. `dx` is overwritten.
    pub fn gradient_by_input(&self, dy: &[f32], w: &[f32], dx: &mut [f32]) {
        self.check(dx, w, dy);
        for (dx, dy) in dx.chunks_exact_mut(self.inputs).zip(dy.chunks_exact(self.outputs)) {
            dx.fill(0.0);
            for (dy, w) in dy.iter().zip(w.chunks_exact(self.inputs)) {
                dx.iter_mut().zip(w).for_each(|(dx, w)| *dx += dy * w);
            }
        }
    }

    /// dw[o][k] = sum_n dy[n][o] x[n][k]. `dw` is overwritten.
    pub fn gradient_by_weights(&self, x: &[f32], dy: &[f32], dw: &mut [f32]) {
        self.check(x, dw, dy);
        dw.fill(0.0);
        for (x, dy) in x.chunks_exact(self.inputs).zip(dy.chunks_exact(self.outputs)) {
            for (dy, dw) in dy.iter().zip(dw.chunks_exact_mut(self.inputs)) {
                dw.iter_mut().zip(x).for_each(|(dw, x)| *dw += dy * x);
            }
        }
    }

    /// db[o] = sum_n dy[n][o]. `db` is overwritten.
    pub fn gradient_by_bias(&self, dy: &[f32], db: &mut [f32]) {
        assert_eq!(dy.len(), self.batch * self.outputs, "the dense output gradient is not batch x outputs");
        assert_eq!(db.len(), self.outputs, "the dense bias gradient is not one value per output");
        db.fill(0.0);
        for dy in dy.chunks_exact(self.outputs) {
            db.iter_mut().zip(dy).for_each(|(db, dy)| *db += dy);
        }
    }

    /// [`Dense::gradient_by_weights`] and [`optimizer::update`] in one pass that never stores the gradient. The same bits as both
    /// apart. Take the gradient by input first: it needs the weights as they were.
    pub fn update(&self, x: &[f32], dy: &[f32], step: &Step, parameter: Parameter<'_>) {
        let mut dw = vec![0.0; parameter.weights.len()];
        self.gradient_by_weights(x, dy, &mut dw);
        optimizer::update(self.isa, step, &dw, parameter);
    }

    fn check(&self, x: &[f32], w: &[f32], y: &[f32]) {
        assert_eq!(x.len(), self.batch * self.inputs, "the dense input is not batch x inputs");
        assert_eq!(w.len(), self.outputs * self.inputs, "the dense weights are not outputs x inputs");
        assert_eq!(y.len(), self.batch * self.outputs, "the dense output is not batch x outputs");
    }
}
