//! One convolution with what follows it, for a group of images.

use std::ops::Range;

use super::product::{Multiplier, Step, Sums};
use super::weights::Packed;
use super::{BLOCK, DEPTH, EDGE};
use crate::kernels::isa::Isa;
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::layout::{Buffer, Element, Ends, Shape, load, store};
use crate::kernels::trunk::{ConvLayer, Pool};

/// Pixels of a band, about: enough that its last, half-empty tiles count for little, and few enough that what a pool reads again
/// is still in the cache.
const BAND: usize = 384;
/// Bytes that an item reads again for each 32 out-channels, at most: with their weights they stay in a core's second cache.
const ITEM: usize = 3 << 19;

/// Blocks of pixels that share 32 in-channels' weights while these are in the first cache.
const TOGETHER: usize = 2;

/// A convolution with packed weights.
pub struct Layer {
    weights: Packed,
    bias: Buffer,
    /// Times 32 in-channels, and out-channels.
    blocks: (usize, usize),
    pool: Pool,
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

/// Some rows of an image.
struct Band {
    image: usize,
    rows: Range<usize>,
}

impl Layer {
    /// For inputs of `size` (height, width).
    pub fn new(layer: &ConvLayer<'_>, size: (usize, usize)) -> Self {
        let blocks = (layer.in_channels.div_ceil(DEPTH), layer.out_channels.div_ceil(BLOCK));
        let mut bias = Buffer::new(blocks.1 * BLOCK, size_of::<f32>());
        // SAFETY: there are at least as many places as out-channels.
        unsafe { bias.pointer_mut().cast::<f32>().copy_from_nonoverlapping(layer.bias.as_ptr(), layer.bias.len()) };
        let weights = Packed::new(layer.weights, (layer.in_channels, layer.out_channels));
        Self { weights, bias, blocks, pool: layer.pool, size }
    }

    /// The activation that it reads.
    pub fn input_shape(&self) -> Shape {
        Shape {
            groups: self.blocks.0,
            lanes: DEPTH,
            padded: (self.size.0 + 2, self.size.1 + 1),
            size: self.size,
            element: Element::Bf16,
        }
    }

    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.size.0 * self.size.1
    }

    /// Multiplications for one image.
    pub fn multiplications(&self) -> usize {
        self.pixels() * 9 * self.blocks.0 * DEPTH * self.blocks.1 * BLOCK
    }

    /// Bytes that a thread needs for a band before it is pooled.
    pub fn band_bytes(&self) -> usize {
        if self.pool == Pool::None { 0 } else { self.band_rows() * self.pitch() * BLOCK * size_of::<f32>() }
    }

    /// Pixels from one row to the next.
    fn pitch(&self) -> usize {
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

    fn band(&self, index: usize) -> Band {
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
    /// source; nobody else runs this item on the target. `between` holds this layer's `band_bytes`.
    pub unsafe fn run(&self, isa: Isa, (split, index): (Split, usize), ends: Ends, between: &mut Buffer) {
        assert!(ends.source_shape == self.input_shape() && between.bytes() >= self.band_bytes());
        let (bands, blocks) = split.item(index);
        // SAFETY: the caller's promise.
        let multiplier = unsafe { Multiplier::new(isa) };
        for block in blocks {
            for band in bands.clone() {
                let pass =
                    Pass { layer: self, isa, ends, block, band: self.band(band), between: between.pointer_mut() };
                // SAFETY: the caller's promises.
                unsafe { pass.run(&multiplier) };
            }
        }
    }
}

/// A band by 32 out-channels.
struct Pass<'a> {
    layer: &'a Layer,
    isa: Isa,
    ends: Ends,
    block: usize,
    band: Band,
    between: *mut u8,
}

impl Pass<'_> {
    unsafe fn run(&self, multiplier: &Multiplier) {
        let pitch = self.layer.pitch();
        let pixels = self.band.rows.start * pitch..self.band.rows.end * pitch - 1;
        for first in pixels.clone().step_by(TOGETHER * BLOCK) {
            // SAFETY: the caller's promises.
            unsafe { self.blocks(multiplier, first..pixels.end.min(first + TOGETHER * BLOCK)) };
        }
        if self.layer.pool == Pool::Max2x2 {
            let maxima = Maxima { rows: self.band.rows.clone(), from: self.unpooled(), to: self.target() };
            // SAFETY: as above; the band has been written.
            unsafe { run(self.isa, maxima.to.shape.element, maxima) };
        }
    }

    /// Some blocks of pixels.
    unsafe fn blocks(&self, multiplier: &Multiplier, pixels: Range<usize>) {
        let mut sums = [Sums::ZERO; TOGETHER];
        let blocks = || pixels.clone().step_by(BLOCK).map(|first| first..pixels.end.min(first + BLOCK));
        for group in 0..self.layer.blocks.0 {
            for (pixels, sums) in blocks().zip(&mut sums) {
                // SAFETY: the source has its border, and as many pixels more as a block reaches over the end.
                unsafe { multiplier.add(self.step(group, &pixels), sums) };
            }
        }
        for (pixels, sums) in blocks().zip(&sums) {
            let (pitch, bias, to) = (self.layer.pitch(), self.bias(), self.unpooled());
            let element = to.shape.element;
            // SAFETY: the instruction set is there; the pixels of the band are inside where they go.
            unsafe { run(self.isa, element, Finish { sums, pixels, pitch, bias, to }) };
        }
    }

    /// What the group's 32 in-channels add to a block of pixels.
    fn step(&self, group: usize, pixels: &Range<usize>) -> Step {
        let (shape, bytes) = (self.ends.source_shape, size_of::<u16>());
        let first = self.band.image * shape.image() + group * shape.group() + pixels.start * DEPTH;
        let weights = self.layer.weights.at(self.block, group);
        // SAFETY: the pixel is inside the image.
        let source = unsafe { self.ends.source.add(first * bytes) };
        Step { source, row: shape.row() * bytes, weights, short: pixels.len() <= EDGE }
    }

    fn bias(&self) -> *const f32 {
        // SAFETY: it is padded to whole blocks.
        unsafe { self.layer.bias.pointer().cast::<f32>().add(self.block * BLOCK) }
    }

    /// Where results go before the pool, if there is one.
    fn unpooled(&self) -> Place {
        let target = self.target();
        if self.layer.pool == Pool::None {
            return target;
        }
        let (rows, pitch) = (self.band.rows.len(), self.layer.pitch());
        let shape = Shape { groups: 1, lanes: BLOCK, padded: (rows, pitch), size: (rows, pitch - 1), ..target.shape };
        let vectors = 0..target.vectors.len();
        Place { pointer: self.between, shape, image: 0, vectors, above: self.band.rows.start, border: 0 }
    }

    fn target(&self) -> Place {
        let (first, shape) = (self.block * BLOCK / LANES, self.ends.target_shape);
        let vectors = first..shape.vectors().min(first + BLOCK / LANES);
        Place { pointer: self.ends.target, shape, image: self.band.image, vectors, above: 0, border: 1 }
    }
}

/// Runs a task that stores numbers of a format.
///
/// # Safety
/// As for [`lanes::run`].
unsafe fn run<T: Task>(isa: Isa, element: Element, task: T) {
    // SAFETY: the caller's promise.
    unsafe {
        match element {
            Element::F32 => lanes::run(isa, task),
            Element::Bf16 => lanes::run_bf16(isa, task),
        }
    }
}

/// Where the 32 out-channels of a block go.
struct Place {
    pointer: *mut u8,
    shape: Shape,
    image: usize,
    /// Their vectors among those of the shape; those that only fill up the block are not among them.
    vectors: Range<usize>,
    /// Rows of the image that come before the first one here.
    above: usize,
    /// Pixels of border above and to the left.
    border: usize,
}

impl Place {
    /// The place of a vector of a pixel, counted in numbers.
    fn at(&self, vector: usize, (row, column): (usize, usize)) -> usize {
        self.shape.offset(self.image, vector, (row - self.above + self.border, column + self.border))
    }
}

/// Adds the bias to sums and applies ReLU.
///
/// SAFETY of running it: the pixels that are no border are inside the place, and nobody else touches them; `bias` has 32 numbers.
struct Finish<'a> {
    sums: &'a Sums,
    /// Counted along the rows of the input, the border between them included.
    pixels: Range<usize>,
    pitch: usize,
    bias: *const f32,
    to: Place,
}

impl Task for Finish<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (mut row, mut column) = (self.pixels.start / self.pitch, self.pixels.start % self.pitch);
        let mut pixel = 0;
        while pixel < self.pixels.len() {
            let here = (self.pitch - 1 - column).min(self.pixels.len() - pixel);
            // SAFETY: the task's own conditions.
            unsafe { self.run_of_pixels::<L>(pixel..pixel + here, (row, column)) };
            (row, column, pixel) = (row + 1, 0, pixel + here + 1);
        }
    }
}

impl Finish<'_> {
    /// Pixels of one row.
    #[inline(always)]
    unsafe fn run_of_pixels<L: Lanes>(&self, pixels: Range<usize>, first: (usize, usize)) {
        let Place { pointer, shape: Shape { lanes, element, .. }, .. } = self.to;
        for (columns, vector) in self.to.vectors.clone().enumerate() {
            let to = self.to.at(vector, first);
            // SAFETY: the task's own conditions.
            unsafe {
                let (bias, zero) = (L::load(self.bias.add(columns * LANES)), L::splat(0.0));
                for (next, pixel) in pixels.clone().enumerate() {
                    let sums = self.sums.of(pixel, columns);
                    store(L::load(sums).add(bias).max(zero), pointer, to + next * lanes, element);
                }
            }
        }
    }
}

/// The maximum of each 2x2 square of a band.
///
/// SAFETY of running it: all of the rows have been written to `from`; half of them are inside `to`, and nobody else touches them.
struct Maxima {
    rows: Range<usize>,
    from: Place,
    to: Place,
}

impl Task for Maxima {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (element, columns) = (self.to.shape.element, self.to.shape.size.1);
        for row in self.rows.start / 2..self.rows.end / 2 {
            for (from, to) in self.from.vectors.clone().zip(self.to.vectors.clone()) {
                for column in 0..columns {
                    // SAFETY: the task's own conditions.
                    unsafe {
                        let at = |down: usize, right: usize| {
                            let at = self.from.at(from, (2 * row + down, 2 * column + right));
                            load::<L>(self.from.pointer, at, element)
                        };
                        let value = at(0, 0).max(at(1, 0)).max(at(0, 1).max(at(1, 1)));
                        store(value, self.to.pointer, self.to.at(to, (row, column)), element);
                    }
                }
            }
        }
    }
}
