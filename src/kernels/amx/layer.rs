//! One convolution with what follows it, for a group of images.

use std::ops::Range;

use super::finish::between_numbers;
use super::item::{Band, Item};
use super::weights::Packed;
use super::{BLOCK, DEPTH, pixels};
use crate::kernels::isa::Isa;
use crate::kernels::layout::{Buffer, Element, Ends, Shape, padded};
use crate::kernels::trunk::{ConvLayer, Pool};

/// Pixels of a band, about: enough that its last, half-empty tiles count for little.
const BAND: usize = 384;
/// Bytes that an item reads again for each 32 out-channels, at most: with their weights they stay in a core's second cache.
const ITEM: usize = 3 << 19;

/// What a convolution reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Channels, 32 by 32.
    Channels,
    /// Pixels, in the [columns](pixels) of their patches.
    Pixels,
}

/// A convolution with packed weights.
pub struct Layer {
    pub(super) weights: Packed,
    pub(super) reads: Reads,
    pub(super) bias: Buffer,
    /// Times 32 in-channels (patches count as such), and out-channels.
    pub(super) blocks: (usize, usize),
    pub(super) pool: Pool,
    /// Rows and columns of the input.
    size: (usize, usize),
}

/// How a layer's work is cut into items: into runs of bands, and of blocks of out-channels. It changes only the speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    bands: usize,
    parts: (usize, usize),
    blocks: usize,
}

impl Split {
    /// Items.
    pub fn items(&self) -> usize {
        self.parts.0 * self.parts.1
    }

    /// The bands and the blocks of an item; the parts are as equal as can be.
    fn item(&self, index: usize) -> (Range<usize>, Range<usize>) {
        let part = |all: usize, parts: usize, index: usize| all * index / parts..all * (index + 1) / parts;
        (part(self.bands, self.parts.0, index / self.parts.1), part(self.blocks, self.parts.1, index % self.parts.1))
    }
}

impl Layer {
    /// For inputs of `size` (height, width).
    pub fn new(layer: &ConvLayer<'_>, size: (usize, usize)) -> Self {
        let blocks = (layer.in_channels.div_ceil(DEPTH), layer.out_channels.div_ceil(BLOCK));
        let bias = padded(layer.bias, BLOCK);
        let channels = (layer.in_channels, layer.out_channels);
        let (reads, weights) = if channels.0 <= pixels::CHANNELS {
            (Reads::Pixels, Packed::of_pixels(layer.weights, channels))
        } else {
            (Reads::Channels, Packed::new(layer.weights, channels))
        };
        Self { weights, reads, bias, blocks, pool: layer.pool, size }
    }

    /// The activation that it reads.
    pub fn input_shape(&self) -> Shape {
        if self.reads == Reads::Pixels {
            return pixels::shape(self.size);
        }
        Shape {
            groups: self.blocks.0,
            lanes: DEPTH,
            padded: (self.size.0 + 2, self.size.1 + 1),
            size: self.size,
            element: Element::Bf16,
        }
    }

    /// What it reads.
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.size.0 * self.size.1
    }

    /// Multiplications for one image.
    pub fn multiplications(&self) -> usize {
        let steps = if self.reads == Reads::Pixels { pixels::STEPS.len() } else { 9 };
        self.pixels() * steps * self.blocks.0 * DEPTH * self.blocks.1 * BLOCK
    }

    /// Bytes that a thread needs for what a pool leaves between pixels.
    pub fn between_bytes(&self) -> usize {
        if self.pool == Pool::None { 0 } else { between_numbers(self.size.1) * size_of::<f32>() }
    }

    /// Pixels from one row to the next.
    pub(super) fn pitch(&self) -> usize {
        self.size.1 + 1
    }

    /// Rows that are computed: a pool drops an odd last one.
    fn rows(&self) -> usize {
        if self.pool == Pool::None { self.size.0 } else { self.size.0 / 2 * 2 }
    }

    /// Rows of a band, an even number of them if the image has more than one band.
    fn band_rows(&self) -> usize {
        BAND.div_ceil(self.pitch()).next_multiple_of(2).min(self.rows())
    }

    fn bands_of_an_image(&self) -> usize {
        self.rows().div_ceil(self.band_rows())
    }

    pub(super) fn band(&self, index: usize) -> Band {
        let (image, within) = (index / self.bands_of_an_image(), index % self.bands_of_an_image());
        let first = within * self.band_rows();
        Band { image, rows: first..self.rows().min(first + self.band_rows()) }
    }

    /// How a group of images is shared out over the threads of the current pool.
    pub fn split(&self, images: usize) -> Split {
        let (bands, threads) = (images * self.bands_of_an_image(), rayon::current_num_threads());
        let bytes = self.band_rows() * self.pitch() * self.blocks.0 * DEPTH * size_of::<u16>();
        let fewest = bands.div_ceil((ITEM / bytes).max(1));
        let even = fewest.next_multiple_of(threads);
        let parts = if bands >= even { (even, 1) } else { (fewest, threads.div_ceil(fewest).min(self.blocks.1)) };
        Split { bands, parts, blocks: self.blocks.1 }
    }

    /// Runs one item.
    ///
    /// # Safety
    /// `isa` is available; the ends hold the images of the split, the source in this layer's input shape; nobody writes to the
    /// source; nobody else runs this item on the target. `between` holds this layer's `between_bytes`.
    pub unsafe fn run(&self, isa: Isa, (split, index): (Split, usize), ends: Ends, between: &mut Buffer) {
        assert!(ends.source_shape == self.input_shape() && between.bytes() >= self.between_bytes());
        let (bands, blocks) = split.item(index);
        let item = Item { layer: self, isa, ends, bands, blocks, between: between.pointer_mut().cast() };
        // SAFETY: the caller's promises.
        unsafe { item.run() };
    }
}
