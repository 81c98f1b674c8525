//! Optimiser updates, with the semantics of Keras 3, in one pass over weights, gradient and moments.
//!
//! With g the gradient plus its penalties, every rule is a few multiplications and additions, a square root and a
//! division per weight, each rounded by itself (no fused multiply-add): the same bits on every instruction set.

mod formulas;
mod rule;
mod target;
mod update;

pub use rule::{Parameter, Rule, Step, penalty};
pub(crate) use target::Target;
pub use update::update;
