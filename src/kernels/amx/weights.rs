//! Weights in the order in which the products read them.

use super::{BLOCK, DEPTH, EDGE};
use crate::kernels::lanes::bf16;
use crate::kernels::layout::Buffer;

/// Numbers of one tile of weights: sixteen pairs of in-channels, for each sixteen out-channels.
const TILE: usize = DEPTH * EDGE;

/// Numbers of nine taps of two tiles.
const GROUP: usize = 9 * 2 * TILE;

/// Packed weights: `[block of 32 out-channels][32 in-channels][9 taps][2 tiles][16 pairs][16 out-channels][2]`, in bf16.
pub struct Packed {
    buffer: Buffer,
    /// Numbers of a block of out-channels.
    block: usize,
}

impl Packed {
    /// From OIHW weights of `channels` (in, out); channels that fill up a block are zero.
    pub fn new(weights: &[f32], (inputs, outputs): (usize, usize)) -> Self {
        let block = inputs.div_ceil(DEPTH) * GROUP;
        let mut buffer = Buffer::new(outputs.div_ceil(BLOCK) * block, size_of::<u16>());
        let to = buffer.pointer_mut().cast::<u16>();
        for (filter, weights) in weights.chunks_exact(9).enumerate() {
            let (output, input) = (filter / inputs, filter % inputs);
            for (tap, &weight) in weights.iter().enumerate() {
                let tile = output / BLOCK * block + ((input / DEPTH * 9 + tap) * 2 + output % BLOCK / EDGE) * TILE;
                let within = (input % DEPTH / 2 * EDGE + output % EDGE) * 2 + input % 2;
                // SAFETY: the buffer has a place for every filter's taps.
                unsafe { to.add(tile + within).write(bf16::round(weight)) };
            }
        }
        Self { buffer, block }
    }

    /// The nine taps from 32 in-channels to a block of out-channels.
    pub fn at(&self, block: usize, group: usize) -> *const u8 {
        let first = block * self.block + group * GROUP;
        assert!((first + GROUP) * size_of::<u16>() <= self.buffer.bytes());
        // SAFETY: the place is inside the buffer.
        unsafe { self.buffer.pointer().cast::<u16>().add(first).cast() }
    }
}
