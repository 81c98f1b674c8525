//! Trained 3x3 convolutions: forward with bias and ReLU, and the gradients by input, weights and bias.
//!
//! All of it in the Winograd domain of F(3x3, 3x3), whose 25 products for nine outputs stand for 81 and whose tiles
//! cover VGG16's 9 x 9 and 18 x 18 exactly. The frequencies are independent products of matrices, three times over:
//! forward sums over in-channels, the gradient by input over out-channels, that by weights over tiles, always in order.

mod by_input;
mod by_output;
mod by_weights;
mod forward;
mod grid;
mod kernel;
mod maps;

use super::isa::Isa;
use super::lanes::LANES;
use super::layout::Buffer;
use super::optimizer::{self, Parameter, Step, Target};
use super::shared::Shared;
pub use kernel::ConvKernel;

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

/// What a forward pass multiplies and adds.
#[derive(Clone, Copy, Debug)]
pub struct ConvWeights<'a> {
    /// The weights.
    pub kernel: &'a ConvKernel,
    /// One value per channel out.
    pub bias: &'a [f32],
}

/// What a layer's backward pass needs from its forward pass, and room to work in. Grows at first use.
#[derive(Debug)]
pub struct ConvScratch {
    /// The layer and batch of the last forward pass.
    last: Option<Conv3x3>,
    /// Where its outputs are above zero, `[group of out-channels][image][pixel]`: a bit for each of sixteen channels.
    positive: Vec<u16>,
    /// Its transformed input.
    v: Room,
    /// The transformed gradient by output.
    m: Room,
    /// Products of the forward pass, and of the gradient by input.
    products: Room,
    /// A piece for each thread, for what it need not share.
    pieces: Room,
    /// Gradient by bias, where nobody asks to have it stored.
    db: Vec<f32>,
}

impl ConvScratch {
    /// An empty scratch.
    pub fn new() -> Self {
        let empty = || Room(Buffer::new(0, size_of::<f32>()));
        Self {
            last: None,
            positive: Vec::new(),
            v: empty(),
            m: empty(),
            products: empty(),
            pieces: empty(),
            db: Vec::new(),
        }
    }

    /// A piece of at least `count` numbers for each thread; what is in it is left over from elsewhere.
    fn pieces(&mut self, count: usize) -> Pieces {
        let count = count.next_multiple_of(LANES) + LANES;
        Pieces { all: self.pieces.room(rayon::current_num_threads() * count), count }
    }
}

impl Default for ConvScratch {
    fn default() -> Self {
        Self::new()
    }
}

/// A buffer that grows.
#[derive(Debug)]
struct Room(Buffer);

impl Room {
    /// A pointer to at least `count` numbers; what was there is kept unless it has to grow.
    fn room(&mut self, count: usize) -> Shared<f32> {
        if self.0.bytes() < count * size_of::<f32>() {
            self.0 = Buffer::new(count, size_of::<f32>());
        }
        Shared(self.0.pointer_mut().cast())
    }
}

/// Room for each thread of the pool that asked for it.
#[derive(Clone, Copy)]
struct Pieces {
    all: Shared<f32>,
    count: usize,
}

impl Pieces {
    /// The calling thread's piece.
    fn own(&self) -> *mut f32 {
        self.all.get().wrapping_add(rayon::current_thread_index().unwrap_or(0) * self.count)
    }
}

/// Where [`Conv3x3::backward`] writes.
#[derive(Debug)]
pub struct ConvGradients<'a> {
    /// By input, added to what is there; `None` for the first trained layer, where nobody needs it.
    pub dx: Option<&'a mut [f32]>,
    /// By weights, OIHW; overwritten.
    pub dw: &'a mut [f32],
    /// By bias; overwritten.
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
    /// Gradient by input, added to what is there; `None` for the first trained layer, where nobody needs it.
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

    /// y = relu(conv(x, w) + b), all NCHW. A NaN passes through ReLU.
    pub fn forward(&self, x: &[f32], weights: ConvWeights<'_>, y: &mut [f32], scratch: &mut ConvScratch) {
        self.check(weights.kernel);
        assert_eq!(x.len(), self.input_len(), "the convolution's input is not batch x in x height x width");
        assert_eq!(y.len(), self.output_len(), "the convolution's output is not batch x out x height x width");
        assert_eq!(weights.bias.len(), self.out_channels, "the convolution's bias is not one value per channel");
        scratch.last = Some(*self);
        // SAFETY: the instruction set and all lengths were checked.
        unsafe { forward::run(self, x, weights, y, scratch) };
    }

    /// The gradients of one batch by that by its output, `dy`. Its forward pass filled `scratch`.
    pub fn backward(&self, dy: &[f32], kernel: &ConvKernel, gradients: ConvGradients<'_>, scratch: &mut ConvScratch) {
        let ConvGradients { dx, dw, db } = gradients;
        assert_eq!(dw.len(), self.weights_len(), "the gradient by weights is not out x in x 3 x 3");
        self.by_output_and_input(dy, kernel, (dx, db), scratch);
        // SAFETY: the instruction set and all lengths were checked; V and M are filled.
        unsafe { by_weights::run(self, &Target::store(dw), None, scratch) };
    }

    /// [`Conv3x3::backward`], then [`optimizer::update`] of weights and bias, without storing the gradient by weights.
    /// The same bits as both apart.
    pub fn backward_and_update(&self, dy: &[f32], update: ConvUpdate<'_>, scratch: &mut ConvScratch) {
        let ConvUpdate { step, kernel, weights, bias, dx } = update;
        assert_eq!(weights.weights.len(), self.weights_len(), "the weights are not out x in x 3 x 3");
        let mut db = std::mem::take(&mut scratch.db);
        db.resize(self.out_channels, 0.0);
        self.by_output_and_input(dy, kernel, (dx, &mut db), scratch);
        optimizer::update(self.isa, &step.without_penalty(), &db, bias);
        scratch.db = db;
        // SAFETY: the instruction set and all lengths were checked; V and M are filled.
        unsafe { by_weights::run(self, &Target::update(step, weights), Some(kernel), scratch) };
    }

    /// Fills M, the gradient by bias and, if asked for, that by input.
    fn by_output_and_input(
        &self,
        dy: &[f32],
        kernel: &ConvKernel,
        (dx, db): (Option<&mut [f32]>, &mut [f32]),
        scratch: &mut ConvScratch,
    ) {
        self.check(kernel);
        assert_eq!(scratch.last, Some(*self), "a backward pass follows the forward pass of the same batch");
        assert_eq!(dy.len(), self.output_len(), "there is one gradient per output");
        assert_eq!(db.len(), self.out_channels, "the gradient by bias is not one value per channel");
        // SAFETY: the instruction set and all lengths were checked.
        unsafe { by_output::run(self, dy, db, scratch) };
        if let Some(dx) = dx {
            assert_eq!(dx.len(), self.input_len(), "the gradient by input is not batch x in x height x width");
            // SAFETY: as above, and M is filled.
            unsafe { by_input::run(self, kernel, dx, scratch) };
        }
    }

    fn check(&self, kernel: &ConvKernel) {
        assert!(self.isa.available(), "this machine lacks the instruction set `{}`", self.isa.name());
        kernel.check(self.out_channels, self.in_channels);
    }
}

#[cfg(test)]
mod tests;
