//! Convolution 3x3 by Winograd's minimal filtering, forward, for frozen layers.
//!
//! A layer's outputs are covered by tiles ([`grid`]). One item of work is some of the tiles: they are transformed
//! ([`tiles`], by the constants of [`points`]), multiplied with the transformed [`weights`] frequency by frequency
//! ([`product`]), and transformed back with bias, ReLU and pool, in one thread's own buffers that stay in its cache.

pub mod grid;
pub mod layer;
pub mod peak;
pub mod points;
pub mod product;
pub mod tiles;
pub mod transform;
pub mod weights;
