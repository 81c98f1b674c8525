//! Optimiser updates, with the semantics of Keras 3, in one pass over weights, gradient and moments.
//!
//! With g the gradient plus its penalties, every rule is a few multiplications and additions a weight, of which `formulas`
//! says which are fused, and at most one square root and division, which are computed by such too: the same bits on
//! every instruction set.
//!
//! Numbers that are too small to change a weight count as zero: a gradient below [`SMALLEST_GRADIENT`] in magnitude, and a
//! moment or a weight below 2^-110. The moments of a feature that is seldom active fall by a factor with every step
//! and would soon be subnormal, as would the squares of the gradients of samples that are told with certainty; many
//! processors multiply subnormal numbers a hundred times slower, and most of a top model's training would be spent on them.

mod formulas;
mod rule;
mod target;
mod update;

pub use rule::{Parameter, Rule, Step, penalty};
pub(crate) use target::Target;
pub use update::update;

/// 2^-50, about 9e-16. Smaller gradients count as zero. Its square times 1 - beta2 = 2^-10 is 2^-110, which a moment still holds.
pub const SMALLEST_GRADIENT: f32 = f32::from_bits((127 - 50) << 23);
/// 2^-110, about 8e-34: smaller moments and weights count as zero. Times a rate of 2^-16 they are still normal numbers.
const SMALLEST_STATE: f32 = f32::from_bits((127 - 110) << 23);
