//! One step of the products: what it reads, and the sums that it adds to.

use super::{EDGE, pixels};

/// Bytes of a cache line.
pub(super) const LINE: usize = 64;
/// Bytes of the 32 in-channels of a pixel.
pub(super) const PIXEL: usize = LINE;
/// Bytes of a tile.
pub(super) const TILE: usize = 1024;

/// Sums of a tile of pixels: `[2 tiles of out-channels][16 pixels][16 out-channels]`.
pub type TileSums = [[f32; EDGE * EDGE]; 2];

/// Sums of a block, of its two tiles of pixels.
pub type BlockSums = [TileSums; 2];

/// Sums of so many blocks of pixels, in cache lines of their own.
#[repr(C, align(64))]
pub struct Sums<const BLOCKS: usize>(pub [BlockSums; BLOCKS]);

impl<const BLOCKS: usize> Sums<BLOCKS> {
    /// All of them zero.
    pub const ZERO: Self = Self([[[[0.0; EDGE * EDGE]; 2]; 2]; BLOCKS]);
}

/// What 32 in-channels add to a block of results.
///
/// SAFETY of adding it: three rows of 34 pixels (18 if it is `short`) from `source` on, `row` bytes apart, can be read; `weights` holds
/// nine taps of two tiles.
#[derive(Clone, Copy)]
pub struct Step {
    /// The pixel above and to the left of the first result.
    pub source: *const u8,
    /// Bytes from one row of pixels to the next.
    pub row: usize,
    /// The weights of these in-channels and of 32 out-channels.
    pub weights: *const u8,
    /// Whether only the first sixteen pixels are wanted.
    pub short: bool,
    /// Whether sums begin with it, whatever is in their place.
    pub begins: bool,
    /// Whether its weights have not been used just before.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only the tile unit's kernels fetch"))]
    pub fresh: bool,
    /// What is fetched meanwhile.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only the tile unit's kernels fetch"))]
    pub next: Next,
}

/// Where the next step will read: any addresses will do.
#[derive(Clone, Copy)]
pub struct Next {
    /// Its pixels, in rows as far from each other.
    pub source: *const u8,
    /// Its weights.
    pub weights: *const u8,
}

/// What the in-channels of a convolution that reads pixels make of a block of results: all of it.
///
/// SAFETY of multiplying it: 32 patches (16 if it is `short`) of 64 bytes from each of `sources` on, each a column behind the other,
/// can be read; `weights` holds two tiles for each part.
#[derive(Clone, Copy)]
pub struct Patches {
    /// The first result's patch, each [part](pixels::PARTS) of it.
    pub sources: [*const u8; pixels::PARTS],
    /// The weights of 32 out-channels.
    pub weights: *const u8,
    /// Whether only the first sixteen patches are wanted.
    pub short: bool,
}
