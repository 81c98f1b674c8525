//! The frozen trunk: a run of VGG16's convolutions, forward only, from one stored activation to the next.
//!
//! Images enter and leave as plain NCHW; between the layers they stay in the kernels' blocked layout. Weights are
//! transformed when the trunk is made. The bits of a result depend on the image and the layers alone: not on the batch,
//! the place in it, the threads or the instruction set, nor on where a run of layers is cut in two.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::choice;
use super::direct;
use super::exchange;
use super::isa::Isa;
use super::lanes::{self, LANES};
use super::layout::{Buffer, Element, Shape};
use super::shared::Shared;
use super::winograd::layer::{self, Ends, Layer, Split, Worker};
use super::winograd::weights::Transformed;

/// What follows the ReLU of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Nothing.
    None,
    /// The maximum of each 2x2 square, stride 2; an odd last row or column is dropped.
    Max2x2,
}

/// One convolution, 3x3, stride 1, zero padding 1, with ReLU and perhaps a pool after it.
#[derive(Clone, Copy, Debug)]
pub struct ConvLayer<'a> {
    /// Its place in VGG16, counted from 1. The first reads pixels and is computed directly; bf16's choice of
    /// arithmetic looks at it too.
    pub number: usize,
    /// Channels that it reads.
    pub in_channels: usize,
    /// Channels that it writes.
    pub out_channels: usize,
    /// OIHW: `[out_channels][in_channels][3][3]`.
    pub weights: &'a [f32],
    /// `[out_channels]`.
    pub bias: &'a [f32],
    /// What follows the ReLU.
    pub pool: Pool,
}

/// The arithmetic of the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Everything in f32.
    F32,
    /// Products of bf16 numbers summed in f32, where the layer bears it.
    Bf16,
}

/// A run of convolutions for images of one size, its weights already transformed.
pub struct Trunk {
    isa: Isa,
    steps: Vec<Step>,
    /// Channels of the input and of the output.
    channels: (usize, usize),
    /// The input of each step, and the output of the last.
    shapes: Vec<Shape>,
    /// The first step that is run on all images at once; the ones before it are run on `GROUP` images.
    late: usize,
}

enum Step {
    Direct(Direct),
    Winograd(Layer),
}

/// The first convolution of VGG16.
struct Direct {
    channels: usize,
    weights: Buffer,
    bias: Buffer,
}

/// The buffers of one [`Trunk`], sized once.
pub struct Scratch {
    capacity: usize,
    shapes: Vec<Shape>,
    /// One for each of the trunk's shapes.
    activations: Vec<Buffer>,
    /// Bordered images for the direct convolution.
    bordered: Vec<f32>,
    workers: Vec<Worker>,
}

/// Images that go through the large, early layers together, so that their activations stay in the cache.
const GROUP: usize = 4;
/// Layers with fewer tiles an image than this are run on all images at once: their weights are the larger part.
const LATE_TILES: usize = 30;
/// Rows of an item of the direct convolution.
const DIRECT_ROWS: usize = 10;

impl Trunk {
    /// A trunk of `layers` for inputs of `size` (height, width).
    ///
    /// # Panics
    /// If `layers` is empty, a slice has the wrong length, the channels of neighbours disagree, a pool leaves
    /// nothing, or this machine lacks `isa`.
    pub fn new(layers: &[ConvLayer<'_>], size: (usize, usize), precision: Precision, isa: Isa) -> Self {
        assert!(isa.available(), "this machine lacks `{}`", isa.name());
        check(layers, size);
        let (mut steps, mut shapes, mut size) = (Vec::new(), Vec::new(), size);
        for layer in layers {
            let step = Step::new(layer, size, precision);
            shapes.push(step.input_shape(layer.in_channels, size));
            steps.push(step);
            if layer.pool == Pool::Max2x2 {
                size = (size.0 / 2, size.1 / 2);
            }
        }
        let channels = (layers[0].in_channels, layers[layers.len() - 1].out_channels);
        shapes.push(Shape {
            groups: channels.1.div_ceil(LANES),
            padded: (size.0 + 2, size.1 + 2),
            size,
            element: Element::F32,
        });
        let late = steps.iter().position(Step::is_late).unwrap_or(steps.len());
        Self { isa, steps, channels, shapes, late }
    }

    /// (channels, height, width) of one input.
    pub fn input_shape(&self) -> (usize, usize, usize) {
        let size = self.shapes[0].size;
        (self.channels.0, size.0, size.1)
    }

    /// (channels, height, width) of one output, after the last layer's pool.
    pub fn output_shape(&self) -> (usize, usize, usize) {
        let size = self.shapes[self.steps.len()].size;
        (self.channels.1, size.0, size.1)
    }

    /// Buffers for up to `batch` images at a time, and as many threads as the current pool has; a larger batch is run
    /// in slices of it.
    pub fn scratch(&self, batch: usize) -> Scratch {
        let capacity = batch.max(1);
        let activation = |(index, shape): (usize, &Shape)| {
            let direct = matches!(self.steps.get(index), Some(Step::Direct(_)));
            let images = if index < self.late { GROUP.min(capacity) } else { capacity };
            Buffer::new(if direct { 0 } else { images * shape.image() }, shape.element.bytes())
        };
        let bordered = match &self.steps[0] {
            Step::Direct(step) => GROUP.min(capacity) * direct::bordered(step.channels, self.shapes[0].size),
            Step::Winograd(_) => 0,
        };
        let layers = || self.steps.iter().filter_map(Step::winograd).map(|layer| (layer, split(layer)));
        Scratch {
            capacity,
            shapes: self.shapes.clone(),
            activations: self.shapes.iter().enumerate().map(activation).collect(),
            bordered: vec![0.0; bordered],
            workers: (0..rayon::current_num_threads()).map(|_| Worker::new(layers())).collect(),
        }
    }

    /// Runs `batch` images, NCHW, through the layers into `out`, NCHW.
    ///
    /// # Panics
    /// If a length is not that of the shapes, or the scratch is another trunk's.
    pub fn forward(&self, input: &[f32], batch: usize, scratch: &mut Scratch, out: &mut [f32]) {
        let (c, h, w) = self.input_shape();
        assert_eq!(input.len(), batch * c * h * w, "input: batch * channels * height * width");
        let (k, oh, ow) = self.output_shape();
        assert_eq!(out.len(), batch * k * oh * ow, "out: batch * channels * height * width");
        assert!(scratch.shapes == self.shapes, "the scratch belongs to another trunk");
        let slices = input.chunks(scratch.capacity * c * h * w).zip(out.chunks_mut(scratch.capacity * k * oh * ow));
        for (input, out) in slices {
            self.slice(input, scratch, out);
        }
    }

    /// Up to `capacity` images.
    fn slice(&self, input: &[f32], scratch: &mut Scratch, out: &mut [f32]) {
        let (c, h, w) = self.input_shape();
        let images = input.len() / (c * h * w);
        let group = if self.late == 0 { images } else { GROUP.min(scratch.capacity) };
        for first in (0..images).step_by(group) {
            let here = group.min(images - first);
            self.enter(&input[first * c * h * w..][..here * c * h * w], scratch);
            self.steps(0..self.late, here, first, scratch);
        }
        self.steps(self.late..self.steps.len(), images, 0, scratch);
        let last = self.steps.len();
        // SAFETY: the last activation holds all images in its shape, and no step is running.
        unsafe { exchange::export(scratch.activations[last].pointer(), self.shapes[last], self.channels.1, out) };
    }

    /// Brings images into the layout that the first step reads.
    fn enter(&self, input: &[f32], scratch: &mut Scratch) {
        let (c, h, w) = self.input_shape();
        match &self.steps[0] {
            Step::Direct(_) => input
                .par_chunks(c * h * w)
                .zip(scratch.bordered.par_chunks_mut(direct::bordered(c, (h, w))))
                .for_each(|(image, copy)| direct::border(image, copy, (h, w))),
            Step::Winograd(_) => {
                let to = scratch.activations[0].pointer_mut();
                // SAFETY: the first activation holds as many images as enter together.
                unsafe { exchange::import(input, input.len() / (c * h * w), c, to, self.shapes[0]) };
            }
        }
    }

    /// Runs some steps on `images` images. The last of the early steps writes them into the next buffer from image
    /// `first` on.
    fn steps(&self, steps: Range<usize>, images: usize, first: usize, scratch: &mut Scratch) {
        for index in steps {
            let (before, after) = scratch.activations.split_at_mut(index + 1);
            let (source_shape, target_shape) = (self.shapes[index], self.shapes[index + 1]);
            let skipped = if index + 1 == self.late { first * target_shape.image() } else { 0 };
            // SAFETY: the buffer of the late steps holds all images, `first` among them.
            let target = Shared(unsafe { after[0].pointer_mut().add(skipped * target_shape.element.bytes()) });
            let source = Shared(before[index].pointer_mut());
            let isa = self.isa;
            match &self.steps[index] {
                Step::Winograd(layer) => {
                    let split = split(layer);
                    each_item(&mut scratch.workers, layer.items(images, split), |item, worker| {
                        let ends = Ends { source: source.get(), source_shape, target: target.get(), target_shape };
                        // SAFETY: the scratch was made for these shapes; every item is run once.
                        unsafe { layer.run(isa, images, (split, item), ends, worker) };
                    });
                }
                Step::Direct(step) => {
                    let bands = target_shape.size.0.div_ceil(DIRECT_ROWS);
                    let bordered = &scratch.bordered[..];
                    each_item(&mut scratch.workers, images * bands, |item, _| {
                        step.run(isa, bordered, (item / bands, item % bands), (target.get(), target_shape));
                    });
                }
            }
        }
    }
}

impl Step {
    fn new(layer: &ConvLayer<'_>, size: (usize, usize), precision: Precision) -> Self {
        let channels = (layer.in_channels, layer.out_channels);
        let bias = layer::padded_bias(layer.bias);
        if layer.number == 1 && layer.pool == Pool::None {
            let weights = direct::pack(layer.weights, channels);
            return Step::Direct(Direct { channels: channels.0, weights, bias });
        }
        let (grid, element) = choice::choose(layer, size, precision);
        Step::Winograd(Layer {
            grid,
            element,
            groups: (channels.0.div_ceil(LANES), channels.1.div_ceil(LANES)),
            weights: Transformed::new(layer.weights, channels, grid.family, element),
            bias,
            pool: layer.pool,
        })
    }

    /// The activation that it reads, with a border that its tiles reach.
    fn input_shape(&self, channels: usize, size: (usize, usize)) -> Shape {
        let covered = match self {
            Step::Direct(_) => size,
            Step::Winograd(layer) => (layer.grid.rows.covered(), layer.grid.columns.covered()),
        };
        Shape {
            groups: channels.div_ceil(LANES),
            padded: (covered.0.max(size.0) + 2, covered.1.max(size.1) + 2),
            size,
            element: Element::F32,
        }
    }

    fn is_late(&self) -> bool {
        self.winograd().is_some_and(|layer| layer.grid.tiles() < LATE_TILES)
    }

    fn winograd(&self) -> Option<&Layer> {
        match self {
            Step::Winograd(layer) => Some(layer),
            Step::Direct(_) => None,
        }
    }
}

impl Direct {
    fn run(&self, isa: Isa, bordered: &[f32], (image, band): (usize, usize), (target, shape): (*mut u8, Shape)) {
        let each = direct::bordered(self.channels, shape.size);
        let task = direct::Rows {
            channels: self.channels,
            source: bordered[image * each..][..each].as_ptr(),
            weights: self.weights.pointer().cast(),
            bias: self.bias.pointer().cast(),
            target,
            shape,
            image,
            rows: band * DIRECT_ROWS..shape.size.0.min((band + 1) * DIRECT_ROWS),
        };
        // SAFETY: the slice above is one bordered image; weights and bias were packed for the shape's groups; every
        // band is run once.
        unsafe { lanes::run(isa, task) };
    }
}

/// How a layer's work is cut into items that keep to a thread's cache.
fn split(layer: &Layer) -> Split {
    let tiles = match layer.grid.tiles() {
        ..LATE_TILES => 96,
        LATE_TILES..100 => 49,
        // Few channels: the tiles of one row of a micro-kernel, or of two in bf16, leave room for the weights.
        _ => 56 / layer.element.bytes(),
    };
    Split { tiles, panels: layer.groups.1 }
}

/// Runs every item once, on whichever worker is free.
fn each_item(workers: &mut [Worker], items: usize, run: impl Fn(usize, &mut Worker) + Sync) {
    let next = AtomicUsize::new(0);
    workers.par_iter_mut().with_max_len(1).for_each(|worker| {
        loop {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= items {
                return;
            }
            run(item, worker);
        }
    });
}

/// Asserts what [`Trunk::new`] demands.
fn check(layers: &[ConvLayer<'_>], size: (usize, usize)) {
    assert!(!layers.is_empty(), "a trunk has at least one convolution");
    for layer in layers {
        assert_eq!(layer.weights.len(), layer.out_channels * layer.in_channels * 9, "weights: out * in * 9");
        assert_eq!(layer.bias.len(), layer.out_channels, "bias: out");
    }
    for pair in layers.windows(2) {
        assert_eq!(pair[0].out_channels, pair[1].in_channels, "neighbours agree on their channels");
    }
    let halvings = layers.iter().filter(|layer| layer.pool == Pool::Max2x2).count();
    assert!(size.0 >> halvings > 0 && size.1 >> halvings > 0, "something is left after the pools");
}
