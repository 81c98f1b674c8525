//! Trained 3x3 convolutions: forward with bias and ReLU, and the gradients by input, weights and bias.

use super::isa::Isa;
use super::optimizer::{self, Parameter, Step};

/// The sizes of a 3x3 convolution with stride 1 and a zero border of 1, and of a batch that goes through it, and the
/// instruction set to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv3x3 {
    /// Instruction set; it changes no bit of any result.
    pub isa: Isa,
    /// Images.
    pub batch: usize,
    /// Channels in.
    pub in_channels: usize,
    /// Channels out.
    pub out_channels: usize,
    /// Rows, in and out.
    pub height: usize,
    /// Columns, in and out.
    pub width: usize,
}

/// A layer's weights in the form that the convolution reads. Derived from the OIHW weights by [`ConvKernel::set`],
/// which must follow every change of them that [`Conv3x3::backward_and_update`] did not make.
#[derive(Clone, Debug)]
pub struct ConvKernel {
    w: Vec<f32>,
}

impl ConvKernel {
    /// A kernel of zeros.
    pub fn new(out_channels: usize, in_channels: usize) -> Self {
        Self { w: vec![0.0; out_channels * in_channels * 9] }
    }

    /// Takes over OIHW weights.
    pub fn set(&mut self, _isa: Isa, w: &[f32]) {
        self.w.copy_from_slice(w);
    }
}

/// What a forward pass multiplies and adds.
#[derive(Clone, Copy, Debug)]
pub struct ConvWeights<'a> {
    /// The weights.
    pub kernel: &'a ConvKernel,
    /// One value per channel out.
    pub bias: &'a [f32],
}

/// What a layer's backward pass needs from its forward pass, and room to work in. Grows at first use.
#[derive(Debug, Default)]
pub struct ConvScratch {
    x: Vec<f32>,
}

impl ConvScratch {
    /// An empty scratch.
    pub fn new() -> Self {
        Self::default()
    }
}

/// A gradient that arrives at a layer's output.
#[derive(Clone, Copy, Debug)]
pub struct OutputGradient<'a> {
    /// The output of the forward pass, after ReLU.
    pub y: &'a [f32],
    /// The gradient by that output.
    pub dy: &'a [f32],
}

/// Where [`Conv3x3::backward`] writes. All are overwritten.
#[derive(Debug)]
pub struct ConvGradients<'a> {
    /// By input; `None` for the first trained layer, where nobody needs it.
    pub dx: Option<&'a mut [f32]>,
    /// By weights, OIHW.
    pub dw: &'a mut [f32],
    /// By bias.
    pub db: &'a mut [f32],
}

/// What [`Conv3x3::backward_and_update`] changes.
#[derive(Debug)]
pub struct ConvUpdate<'a> {
    /// The optimiser's step.
    pub step: &'a Step,
    /// Refreshed to the new weights.
    pub kernel: &'a mut ConvKernel,
    /// OIHW weights and their moments.
    pub weights: Parameter<'a>,
    /// Bias and its moments; never penalised.
    pub bias: Parameter<'a>,
    /// Gradient by input, overwritten; `None` for the first trained layer, where nobody needs it.
    pub dx: Option<&'a mut [f32]>,
}

impl Conv3x3 {
    /// Elements read: batch x in x height x width.
    pub fn input_len(&self) -> usize {
        self.batch * self.in_channels * self.height * self.width
    }

    /// Elements written: batch x out x height x width.
    pub fn output_len(&self) -> usize {
        self.batch * self.out_channels * self.height * self.width
    }

    /// Weights: out x in x 3 x 3.
    pub fn weights_len(&self) -> usize {
        self.out_channels * self.in_channels * 9
    }

    /// y = relu(conv(x, w) + b), all NCHW.
    pub fn forward(&self, x: &[f32], weights: ConvWeights<'_>, y: &mut [f32], scratch: &mut ConvScratch) {
        let ConvWeights { kernel, bias } = weights;
        scratch.x.clear();
        scratch.x.extend_from_slice(x);
        let (plane, taps) = (self.height * self.width, 9);
        for (x, y) in x.chunks_exact(self.in_channels * plane).zip(y.chunks_exact_mut(self.out_channels * plane)) {
            for (o, y) in y.chunks_exact_mut(plane).enumerate() {
                y.fill(bias[o]);
                for (i, x) in x.chunks_exact(plane).enumerate() {
                    let w = &kernel.w[(o * self.in_channels + i) * taps..][..taps];
                    for (tap, w) in w.iter().enumerate() {
                        self.each_pair(tap, |from, to| y[to] += w * x[from]);
                    }
                }
                y.iter_mut().for_each(|y| *y = y.max(0.0));
            }
        }
    }

    /// Calls back with the places of every (input, output) pair of pixels that a tap connects.
    fn each_pair(&self, tap: usize, mut pair: impl FnMut(usize, usize)) {
        let (down, right) = (tap / 3, tap % 3);
        for row in 0..self.height {
            for column in 0..self.width {
                let (from_row, from_column) = (row + down, column + right);
                if (1..=self.height).contains(&from_row) && (1..=self.width).contains(&from_column) {
                    pair((from_row - 1) * self.width + from_column - 1, row * self.width + column);
                }
            }
        }
    }

    /// The gradients of one batch, whose forward pass filled `scratch`.
    pub fn backward(
        &self,
        output: OutputGradient<'_>,
        kernel: &ConvKernel,
        gradients: ConvGradients<'_>,
        scratch: &mut ConvScratch,
    ) {
        let ConvGradients { mut dx, dw, db } = gradients;
        if let Some(dx) = dx.as_deref_mut() {
            dx.fill(0.0);
        }
        dw.fill(0.0);
        db.fill(0.0);
        let (plane, taps) = (self.height * self.width, 9);
        for n in 0..self.batch {
            for (o, db) in db.iter_mut().enumerate() {
                let at = (n * self.out_channels + o) * plane;
                let (y, dy) = (&output.y[at..][..plane], &output.dy[at..][..plane]);
                let dm: Vec<f32> = y.iter().zip(dy).map(|(y, dy)| if *y > 0.0 { *dy } else { 0.0 }).collect();
                *db += dm.iter().sum::<f32>();
                for i in 0..self.in_channels {
                    let from = (n * self.in_channels + i) * plane;
                    for tap in 0..taps {
                        let place = (o * self.in_channels + i) * taps + tap;
                        self.each_pair(tap, |x, y| dw[place] += dm[y] * scratch.x[from + x]);
                        if let Some(dx) = dx.as_deref_mut() {
                            self.each_pair(tap, |x, y| dx[from + x] += dm[y] * kernel.w[place]);
                        }
                    }
                }
            }
        }
    }

    /// [`Conv3x3::backward`], then [`optimizer::update`] of weights and bias, without storing the gradient by weights. The
    /// same bits as both apart.
    pub fn backward_and_update(&self, output: OutputGradient<'_>, update: ConvUpdate<'_>, scratch: &mut ConvScratch) {
        let (mut dw, mut db) = (vec![0.0; self.weights_len()], vec![0.0; self.out_channels]);
        let ConvUpdate { step, kernel, weights, bias, dx } = update;
        let gradients = ConvGradients { dx, dw: &mut dw, db: &mut db };
        self.backward(output, kernel, gradients, scratch);
        optimizer::update(self.isa, &step.without_penalty(), &db, bias);
        let Parameter { weights, first, second } = weights;
        optimizer::update(self.isa, step, &dw, Parameter { weights: &mut *weights, first, second });
        kernel.set(self.isa, weights);
    }
}
