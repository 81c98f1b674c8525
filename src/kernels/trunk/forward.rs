//! The trunk itself: made of layers, run on images.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::layers::{ConvLayer, Pool, Precision, check};
use super::scratch::{GROUP, Part, Scratch, Workspace};
use super::step::{DIRECT_ROWS, Step, split};
use crate::kernels::amx::{self, Reads};
use crate::kernels::direct;
use crate::kernels::exchange;
use crate::kernels::isa::Isa;
use crate::kernels::lanes::LANES;
use crate::kernels::layout::{Element, Ends, Shape};
use crate::kernels::shared::Shared;

/// A run of convolutions for images of one size, its weights already transformed.
pub struct Trunk {
    isa: Isa,
    pub(super) steps: Vec<Step>,
    /// Channels of the input and of the output.
    channels: (usize, usize),
    /// The input of each step, and the output of the last.
    pub(super) shapes: Vec<Shape>,
    /// The first step that is run on all images at once; the ones before it are run on `GROUP` images.
    pub(super) late: usize,
}

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
            lanes: LANES,
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
        Scratch::new(self, batch.max(1))
    }

    /// The multiplications that the products of one image take, layer by layer, and their arithmetic. Transforms are not
    /// counted.
    pub fn multiplications(&self) -> Vec<(Precision, u64)> {
        self.steps.iter().zip(&self.shapes).map(|(step, input)| step.multiplications(input)).collect()
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
            scratch.done(Part::Enter);
            self.steps(0..self.late, here, first, scratch);
        }
        self.steps(self.late..self.steps.len(), images, 0, scratch);
        let last = self.steps.len();
        // SAFETY: the last activation holds all images in its shape, and no step is running.
        unsafe { exchange::export(scratch.activations[last].pointer(), self.shapes[last], self.channels.1, out) };
        scratch.done(Part::Leave);
    }

    /// Brings images into the layout that the first step reads.
    fn enter(&self, input: &[f32], scratch: &mut Scratch) {
        let (c, h, w) = self.input_shape();
        match &self.steps[0] {
            Step::Direct(_) => input
                .par_chunks(c * h * w)
                .zip(scratch.bordered.par_chunks_mut(direct::bordered(c, (h, w))))
                .for_each(|(image, copy)| direct::border(image, copy, (h, w))),
            Step::Tiled(layer) if layer.reads() == Reads::Pixels => {
                let to = scratch.activations[0].pointer_mut();
                let images = input.len() / (c * h * w);
                // SAFETY: the instruction set is there; the first activation holds as many images as enter together.
                unsafe { amx::pixels::import(self.isa, input, (images, c), to, self.shapes[0]) };
            }
            Step::Winograd(_) | Step::Tiled(_) => {
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
            let ends = || Ends { source: source.get(), source_shape, target: target.get(), target_shape };
            let isa = self.isa;
            match &self.steps[index] {
                Step::Winograd(layer) => {
                    let split = split(layer);
                    each_item(&mut scratch.workers, layer.items(images, split), |item, space| {
                        // SAFETY: the scratch was made for these shapes; every item is run once.
                        unsafe { layer.run(isa, images, (split, item), ends(), &mut space.worker) };
                    });
                }
                Step::Tiled(layer) => {
                    let split = layer.split(images);
                    each_item(&mut scratch.workers, split.items(), |item, space| {
                        // SAFETY: as above.
                        unsafe { layer.run(isa, (split, item), ends(), &mut space.between) };
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
            scratch.done(Part::Layer(index));
        }
    }
}

/// Runs every item once, on whichever worker is free.
fn each_item(workers: &mut [Workspace], items: usize, run: impl Fn(usize, &mut Workspace) + Sync) {
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
