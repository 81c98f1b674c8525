//! Some bands of rows by some blocks of 32 out-channels: the products of one chunk of pixels after the other, and what follows them.

use std::ops::Range;

use super::finish::{Finish, Finishing};
use super::layer::{Layer, Reads};
use super::product::Multiplier;
use super::step::{LINE, Next, PIXEL, Patches, Step, Sums};
use super::weights::LINES;
use super::{BLOCK, EDGE, pixels};
use crate::kernels::isa::Isa;
use crate::kernels::lanes::LANES;
use crate::kernels::layout::{Ends, run_storing};

/// Blocks of pixels that share 32 in-channels' weights while these are in the first cache.
const TOGETHER: usize = 2;
/// Pixels of a chunk.
const CHUNK: usize = TOGETHER * BLOCK;

/// Some rows of an image.
pub(super) struct Band {
    pub(super) image: usize,
    pub(super) rows: Range<usize>,
}

/// What one thread does at a time.
pub(super) struct Item<'a> {
    pub(super) layer: &'a Layer,
    pub(super) isa: Isa,
    pub(super) ends: Ends,
    pub(super) bands: Range<usize>,
    pub(super) blocks: Range<usize>,
    /// For what a pool leaves between pixels.
    pub(super) between: *mut f32,
}

/// Pixels by a block of out-channels, whose sums are complete together.
struct Chunk {
    block: usize,
    image: usize,
    /// Counted along the rows, the border between them included.
    pixels: Range<usize>,
    /// Where its products begin to read.
    reads: Next,
}

impl Chunk {
    /// Its blocks of pixels, and whether the last of them has but one tile.
    fn blocks(&self) -> (usize, bool) {
        let (whole, rest) = (self.pixels.len() / BLOCK, self.pixels.len() % BLOCK);
        (whole + usize::from(rest > 0), (1..=EDGE).contains(&rest))
    }
}

/// The next block's weights, of which a chunk fetches its part, some lines of each group of in-channels.
struct Ahead {
    from: *const u8,
    lines: usize,
}

impl Item<'_> {
    /// Runs it. What follows the products of a chunk happens tile by tile between the steps of the next chunk: the tile unit
    /// works on meanwhile.
    ///
    /// # Safety
    /// As for [`Layer::run`]; the bands and the blocks are the layer's.
    pub(super) unsafe fn run(&self) {
        // SAFETY: the caller's promise.
        let multiplier = unsafe { Multiplier::new(self.isa) };
        let mut sums = [const { Sums::ZERO }; 2];
        let [sums, other] = &mut sums;
        let (mut sums, mut other) = (sums, other);
        let each = self.bands.clone().map(|band| self.pixels_of(band).1.len().div_ceil(CHUNK)).sum();
        let mut chunks = self.chunks().enumerate().peekable();
        let mut before = None;
        while let Some((number, chunk)) = chunks.next() {
            let next = chunks.peek().map_or(chunk.reads, |(_, next)| next.reads);
            let mut finishing = before.as_ref().map(|chunk| self.finishing(chunk, other));
            // SAFETY: the caller's promises.
            unsafe {
                match self.layer.reads {
                    Reads::Channels => {
                        let ahead = self.ahead(chunk.block, (number % each, each));
                        self.channels(&multiplier, (&chunk, next, ahead), sums, &mut finishing);
                    }
                    Reads::Pixels => self.patches(&multiplier, &chunk, sums, &mut finishing),
                }
                while self.finish(&mut finishing) {}
            }
            std::mem::swap(&mut sums, &mut other);
            before = Some(chunk);
        }
        let mut finishing = before.as_ref().map(|chunk| self.finishing(chunk, other));
        // SAFETY: as above.
        while unsafe { self.finish(&mut finishing) } {}
    }

    /// All chunks of its, in their order.
    fn chunks(&self) -> impl Iterator<Item = Chunk> + '_ {
        let shape = self.ends.source_shape;
        self.blocks.clone().flat_map(move |block| {
            self.bands.clone().flat_map(move |band| {
                let (image, pixels) = self.pixels_of(band);
                let end = pixels.end;
                pixels.step_by(CHUNK).map(move |first| {
                    let from = (image * shape.image() + first * shape.lanes) * size_of::<u16>();
                    let reads =
                        Next { source: self.ends.source.wrapping_add(from), weights: self.layer.weights.at(block) };
                    Chunk { block, image, pixels: first..end.min(first + CHUNK), reads }
                })
            })
        })
    }

    /// The image of a band, and its pixels.
    fn pixels_of(&self, band: usize) -> (usize, Range<usize>) {
        let (Band { image, rows }, pitch) = (self.layer.band(band), self.layer.pitch());
        (image, rows.start * pitch..rows.end * pitch - 1)
    }

    /// What one of `parts` chunks fetches of the weights of the block after `block`.
    fn ahead(&self, block: usize, (part, parts): (usize, usize)) -> Ahead {
        let next = if block + 1 < self.blocks.end { block + 1 } else { self.blocks.start };
        let first = LINES * part / parts;
        let from = self.layer.weights.at(next).wrapping_add(first * LINE);
        Ahead { from, lines: LINES * (part + 1) / parts - first }
    }

    /// The products of channels.
    unsafe fn channels(
        &self,
        multiplier: &Multiplier,
        (chunk, next, ahead): (&Chunk, Next, Ahead),
        sums: &mut Sums<TOGETHER>,
        finishing: &mut Option<Finishing<'_>>,
    ) {
        let (blocks, short) = chunk.blocks();
        let shape = self.ends.source_shape;
        let (row, group) = (shape.row() * size_of::<u16>(), shape.group() * size_of::<u16>());
        let mut reads = chunk.reads;
        let groups = self.layer.blocks.0;
        for index in 0..groups {
            let then =
                Next { source: reads.source.wrapping_add(group), weights: reads.weights.wrapping_add(LINES * LINE) };
            let then = if index + 1 < groups { then } else { next };
            for (block, sums) in sums.0.iter_mut().enumerate().take(blocks) {
                let source = reads.source.wrapping_add(block * BLOCK * PIXEL);
                let last = block + 1 == blocks;
                let right = Next { source: source.wrapping_add(BLOCK * PIXEL), weights: reads.weights };
                let step = Step {
                    source,
                    row,
                    weights: reads.weights,
                    short: short && last,
                    begins: index == 0,
                    fresh: block == 0,
                    next: if last { then } else { right },
                };
                // SAFETY: the source has its border, and as many pixels more as a block reaches over the end; the rest is the
                // caller's promises.
                unsafe {
                    multiplier.add(step, sums);
                    self.finish(finishing);
                }
            }
            multiplier.fetch(ahead.from.wrapping_add(index * LINES * LINE), ahead.lines);
            reads = then;
        }
    }

    /// The products of pixels.
    unsafe fn patches(
        &self,
        multiplier: &Multiplier,
        chunk: &Chunk,
        sums: &mut Sums<TOGETHER>,
        finishing: &mut Option<Finishing<'_>>,
    ) {
        let (blocks, short) = chunk.blocks();
        let group = self.ends.source_shape.group() * size_of::<u16>();
        for (block, sums) in sums.0.iter_mut().enumerate().take(blocks) {
            let Next { source, weights } = chunk.reads;
            let source = source.wrapping_add(block * BLOCK * pixels::BYTES);
            // SAFETY: as for channels.
            unsafe {
                let sources = [source, source.wrapping_add(group)];
                multiplier.multiply(Patches { sources, weights, short: short && block + 1 == blocks }, sums);
                self.finish(finishing);
                self.finish(finishing);
            }
        }
    }

    /// What is to become of a chunk's sums.
    fn finishing<'a>(&self, chunk: &Chunk, sums: &'a Sums<TOGETHER>) -> Finishing<'a> {
        let (vector, shape, pitch) = (chunk.block * BLOCK / LANES, self.ends.target_shape, self.layer.pitch());
        Finishing {
            sums: sums.0.as_flattened(),
            left: chunk.pixels.len(),
            at: (chunk.pixels.start / pitch, chunk.pixels.start % pitch),
            width: pitch - 1,
            // SAFETY: it is padded to whole blocks.
            bias: unsafe { self.layer.bias.pointer().cast::<f32>().add(chunk.block * BLOCK) },
            pool: self.layer.pool,
            between: self.between,
            target: self.ends.target,
            shape,
            first: shape.offset(chunk.image, vector, (1, 1)),
            vectors: (shape.vectors() - vector).min(BLOCK / LANES),
        }
    }

    /// What follows the products of one more tile; whether there was one.
    #[inline(always)]
    unsafe fn finish(&self, finishing: &mut Option<Finishing<'_>>) -> bool {
        let Some(finishing) = finishing.as_mut().filter(|finishing| finishing.left > 0) else { return false };
        // SAFETY: the instruction set is there; the pixels of the band are inside where they go.
        unsafe { run_storing(self.isa, self.ends.target_shape.element, Finish(finishing)) };
        true
    }
}
