//! Dense (fully connected) layers: forward, both gradients, and a gradient that goes straight into the optimiser.
//!
//! Weights stay in the plain `[outputs][inputs]` layout. Forward, sixteen lanes run along the inputs, so that weights
//! are read once, in order, from far away; the gradients are outer products with vectors along the inputs as well. At
//! batch 16 everything is bound by moving weights, so the update by [`Dense::update`] reads and writes them once, and may do
//! the next batch's forward pass on the way.

mod forward;
mod gradients;
mod layer;
mod packed;
#[cfg(test)]
mod tests;

pub use layer::{Ahead, Dense};
pub use packed::Packed;
