//! Weights in the order in which the products read them.

use super::step::LINE;
use super::{BLOCK, DEPTH, EDGE, pixels};
use crate::kernels::lanes::bf16;
use crate::kernels::layout::Buffer;

/// Numbers of one tile of weights: sixteen pairs of in-channels, for each sixteen out-channels.
const TILE: usize = DEPTH * EDGE;

/// Numbers of nine taps of two tiles.
const GROUP: usize = 9 * 2 * TILE;

/// Cache lines of the nine taps from 32 in-channels to a block of out-channels.
pub(super) const LINES: usize = GROUP * size_of::<u16>() / LINE;

/// Packed weights: `[block of 32 out-channels][32 in-channels][9 taps][2 tiles][16 pairs][16 out-channels][2]`, in bf16; of a
/// convolution that reads pixels `[block of 32 out-channels][2 parts][2 tiles]`, a tile's pairs those of a patch.
pub struct Packed {
    buffer: Buffer,
    /// Numbers of a block of out-channels.
    block: usize,
}

impl Packed {
    /// From OIHW weights of `channels` (in, out); channels that fill up a block are zero.
    pub fn new(weights: &[f32], channels: (usize, usize)) -> Self {
        let tile = |input: usize, tap: usize| (input / DEPTH * 9 + tap, input % DEPTH);
        Self::by_tiles(weights, channels, (channels.0.div_ceil(DEPTH) * GROUP, 1), tile)
    }

    /// The same for at most three in-channels, the channels of pixels.
    pub fn of_pixels(weights: &[f32], channels: (usize, usize)) -> Self {
        Self::by_tiles(weights, channels, (pixels::PARTS * 2 * TILE, pixels::PARTS), |input, tap| {
            (0, pixels::place(input, tap))
        })
    }

    /// From OIHW weights, so many numbers for a block of out-channels, each weight in so many parts: `tile` says, for an in-channel
    /// and a tap, which of a block's pairs of tiles has the first part, and in which row; the next parts are in the next pairs.
    fn by_tiles(
        weights: &[f32],
        (inputs, outputs): (usize, usize),
        (block, parts): (usize, usize),
        tile: impl Fn(usize, usize) -> (usize, usize),
    ) -> Self {
        let mut buffer = Buffer::new(outputs.div_ceil(BLOCK) * block, size_of::<u16>());
        let to = buffer.pointer_mut().cast::<u16>();
        for (filter, weights) in weights.chunks_exact(9).enumerate() {
            let (output, input) = (filter / inputs, filter % inputs);
            for (tap, &weight) in weights.iter().enumerate() {
                let (pair, row) = tile(input, tap);
                let first = output / BLOCK * block + (pair * 2 + output % BLOCK / EDGE) * TILE;
                let within = (row / 2 * EDGE + output % EDGE) * 2 + row % 2;
                let mut rest = weight;
                for part in 0..parts {
                    let bits = bf16::round(rest);
                    // SAFETY: the buffer has a place for every filter's taps.
                    unsafe { to.add(first + part * 2 * TILE + within).write(bits) };
                    rest -= bf16::widen(bits);
                }
            }
        }
        Self { buffer, block }
    }

    /// What leads to a block of out-channels; groups of in-channels follow each other.
    pub fn at(&self, block: usize) -> *const u8 {
        let first = block * self.block;
        assert!((first + self.block) * size_of::<u16>() <= self.buffer.bytes());
        // SAFETY: the place is inside the buffer.
        unsafe { self.buffer.pointer().cast::<u16>().add(first).cast() }
    }
}
