//! Direct convolution of bf16 numbers, as the tile unit of Intel's newer servers (AMX, from Sapphire Rapids on) multiplies
//! them: sixteen times what their vectors do, so that transforms would cost more than the products they save.
//!
//! The unit's sum is a format of its own, precision `bf16_amx`. For each 32 in-channels of each tap it adds the even ones' products
//! in one sum and the odd ones' in another, each from zero in order by fused multiply-adds; then the sum of the two goes to the
//! output element. Subnormal numbers count as zero throughout (Intel's manual, `TDPBF16PS`). [`bf16::tile`](super::lanes::bf16::tile)
//! says the same in plain Rust, and on machines without the unit the vectors do as it says, more slowly: the bits are the same.
//! The first convolution has too few in-channels for that: its steps take the whole 3x3 patch of a result ([`pixels`]).
//!
//! What bounds the speed, apart from the unit's own (16 cycles for two tiles): it throttles itself, to 20 cycles where both tiles are
//! dense, as they are behind a pool, and not at all where a ReLU has left half of one zero (measured on an Intel server of 2026).
//!
//! Activations are stored as bf16, 32 channels of a pixel in one cache line: sixteen pixels beside each other are a tile. The
//! border on the right is the left one of the next row, so the pixels of many rows follow each other without a gap and a tile may
//! run on from one row to the next.

mod emulated;
mod finish;
mod item;
mod layer;
#[cfg(target_arch = "x86_64")]
mod native;
pub mod pixels;
mod product;
mod step;
mod unit;
mod weights;

pub use layer::{Layer, Reads, Split};
pub use product::multiply;
pub use unit::available;

/// Channels that one step of a tile multiplies.
pub const DEPTH: usize = 32;
/// Rows of a tile, and columns of a tile of results.
pub const EDGE: usize = 16;
/// Pixels, and out-channels, of the four tiles of results that are computed at once.
pub const BLOCK: usize = 2 * EDGE;
