//! One convolution with what follows it, for a group of images.

use std::ops::Range;

use super::grid::{Grid, Tile};
use super::product::{InBf16, InF32, Products};
use super::tiles::{Inputs, Outputs, Spectrum};
use super::weights::Transformed;
use crate::kernels::isa::Isa;
use crate::kernels::lanes;
use crate::kernels::layout::{Buffer, Element, Ends, run_storing};
use crate::kernels::trunk::Pool;

/// A convolution, its weights transformed and its cover chosen.
pub struct Layer {
    /// How outputs are covered.
    pub grid: Grid,
    /// How factors of the products are stored.
    pub element: Element,
    /// Groups of in-channels and of out-channels.
    pub groups: (usize, usize),
    /// Transformed weights.
    pub weights: Transformed,
    /// One number a channel, padded to groups.
    pub bias: Buffer,
    /// What follows the ReLU.
    pub pool: Pool,
}

/// What one thread needs to run an item of any layer.
pub struct Worker {
    tiles: Vec<Tile>,
    left: Buffer,
    out: Buffer,
}

/// How a layer's work is cut into items: each some tiles of some images, and some groups of out-channels. It changes
/// only the speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Most tiles of an item.
    pub tiles: usize,
    /// Most groups of out-channels of an item.
    pub panels: usize,
}

/// What transforming a tile costs, and what streaming a group's weights through a cache costs, in the time that the
/// products of one tile with one group take (measured on Sapphire Rapids and Zen 4; for each group of in-channels).
const TRANSFORM_COST: usize = 2;
const STREAM_COST: usize = 8;

impl Split {
    /// Parts of the tiles and parts of the groups, so that the threads are done as soon as can be.
    fn parts(&self, tiles: usize, groups: usize) -> (usize, usize) {
        let threads = rayon::current_num_threads();
        let fewest = tiles.div_ceil(self.tiles);
        let cost = |&(by_tiles, by_groups): &(usize, usize)| {
            let (tiles, groups) = (tiles.div_ceil(by_tiles), groups.div_ceil(by_groups));
            let rounds = (by_tiles * by_groups).div_ceil(threads);
            rounds * (tiles * (groups + TRANSFORM_COST) + groups * STREAM_COST)
        };
        let by_groups = std::iter::successors(Some(1), |parts| Some(2 * parts)).take_while(|&parts| parts <= groups);
        let candidates = by_groups.flat_map(|parts| {
            let even = (fewest * parts).next_multiple_of(threads) / parts;
            [(fewest, parts), (even.max(fewest), parts)]
        });
        candidates.min_by_key(cost).expect("one part of the groups is always a candidate")
    }
}

impl Worker {
    /// Large enough for any of these layers' items.
    pub fn new<'a>(layers: impl Iterator<Item = (&'a Layer, Split)>) -> Self {
        let (mut tiles, mut left, mut out) = (0, 0, 0);
        for (layer, split) in layers {
            tiles = split.tiles.max(tiles);
            let (left_layout, out_layout) = layer.layouts(split.tiles, split.panels);
            left = left.max(left_layout.numbers() * layer.element.bytes());
            out = out.max(out_layout.numbers() * Element::F32.bytes());
        }
        Self { tiles: Vec::with_capacity(tiles), left: Buffer::new(left, 1), out: Buffer::new(out, 1) }
    }
}

impl Layer {
    fn layouts(&self, tiles: usize, panels: usize) -> (Spectrum, Spectrum) {
        let edge = self.grid.family.points();
        (Spectrum::new(edge, self.groups.0, tiles, self.element), Spectrum::new(edge, panels, tiles, Element::F32))
    }

    /// Items of a group of images.
    pub fn items(&self, images: usize, split: Split) -> usize {
        let parts = split.parts(images * self.grid.tiles(), self.groups.1);
        parts.0 * parts.1
    }

    /// The tiles and the groups of out-channels of an item; the parts are as equal as can be.
    fn item(&self, images: usize, split: Split, index: usize) -> (Range<usize>, Range<usize>) {
        let part = |all: usize, parts: usize, index: usize| all * index / parts..all * (index + 1) / parts;
        let tiles = images * self.grid.tiles();
        let parts = split.parts(tiles, self.groups.1);
        (part(tiles, parts.0, index / parts.1), part(self.groups.1, parts.1, index % parts.1))
    }

    /// Runs one item.
    ///
    /// # Safety
    /// `isa` is available; the ends hold `images` images of this layer's channels, the source with a border as wide as
    /// the grid reaches; nobody writes to the source; nobody else runs this item on the target.
    pub unsafe fn run(&self, isa: Isa, images: usize, (split, index): (Split, usize), ends: Ends, worker: &mut Worker) {
        let (range, panels) = self.item(images, split, index);
        let shapes = self.grid.collect(range, &mut worker.tiles);
        let tiles = &worker.tiles[..];
        let (left_layout, out_layout) = self.layouts(tiles.len(), panels.len());
        assert!(left_layout.numbers() * self.element.bytes() <= worker.left.bytes());
        assert!(out_layout.numbers() * 4 <= worker.out.bytes());
        let family = self.grid.family;
        let inputs = Inputs {
            family,
            tiles,
            source: ends.source,
            shape: ends.source_shape,
            target: worker.left.pointer_mut(),
            spectrum: left_layout,
        };
        let products = Products {
            family,
            shapes,
            left: worker.left.pointer(),
            left_layout,
            in_groups: self.groups.0,
            right: self.weights.pointer(),
            right_frequency: self.weights.frequency,
            panels: panels.clone(),
            out: worker.out.pointer_mut().cast(),
            out_layout,
        };
        let outputs = Outputs {
            family,
            tiles,
            source: worker.out.pointer().cast(),
            spectrum: out_layout,
            groups: panels,
            bias: self.bias.pointer().cast(),
            pool: self.pool,
            target: ends.target,
            shape: ends.target_shape,
        };
        // SAFETY: the worker's buffers are long enough, as asserted above; the rest is the caller's promise.
        unsafe {
            match self.element {
                Element::F32 => {
                    lanes::run(isa, inputs);
                    lanes::run(isa, InF32(products));
                }
                Element::Bf16 => {
                    lanes::run_bf16(isa, inputs);
                    lanes::run_bf16(isa, InBf16(products));
                }
            }
            run_storing(isa, ends.target_shape.element, outputs);
        }
    }
}
