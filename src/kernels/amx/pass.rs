//! A band of rows by 32 out-channels: the products, what follows them, and the pool.

use std::ops::Range;

use super::finish::{Finish, Maxima, Place};
use super::layer::Layer;
use super::product::{Multiplier, Step, Sums};
use super::{BLOCK, DEPTH, EDGE};
use crate::kernels::isa::Isa;
use crate::kernels::lanes::LANES;
use crate::kernels::layout::{Ends, Shape, run_storing};
use crate::kernels::trunk::Pool;

/// Blocks of pixels that share 32 in-channels' weights while these are in the first cache.
const TOGETHER: usize = 2;

/// Some rows of an image.
pub(super) struct Band {
    pub(super) image: usize,
    pub(super) rows: Range<usize>,
}

/// A band by 32 out-channels.
pub(super) struct Pass<'a> {
    pub(super) layer: &'a Layer,
    pub(super) isa: Isa,
    pub(super) ends: Ends,
    pub(super) block: usize,
    pub(super) band: Band,
    pub(super) between: *mut u8,
}

impl Pass<'_> {
    /// Runs it.
    ///
    /// # Safety
    /// As for [`Layer::run`]; the band and the block are the layer's.
    pub(super) unsafe fn run(&self, multiplier: &Multiplier) {
        let pitch = self.layer.pitch();
        let pixels = self.band.rows.start * pitch..self.band.rows.end * pitch - 1;
        for first in pixels.clone().step_by(TOGETHER * BLOCK) {
            // SAFETY: the caller's promises.
            unsafe { self.blocks(multiplier, first..pixels.end.min(first + TOGETHER * BLOCK)) };
        }
        if self.layer.pool == Pool::Max2x2 {
            let maxima = Maxima { rows: self.band.rows.clone(), from: self.unpooled(), to: self.target() };
            // SAFETY: as above; the band has been written.
            unsafe { run_storing(self.isa, maxima.to.shape.element, maxima) };
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
            unsafe { run_storing(self.isa, element, Finish { sums, pixels, pitch, bias, to }) };
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
