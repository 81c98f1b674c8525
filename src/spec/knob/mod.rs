//! What a single setting must be able to do, and the forms that most settings have: a whole number or a real one in a range, a word of a list.
//!
//! Knows nothing of files, sections or layers. Ranges live in the newtypes of [`crate::spec::knobs`], so a value that exists is valid.

mod contract;
mod macros;
mod range;
mod text;
mod word;

pub use contract::{Fault, Knob};
pub(crate) use macros::{real_knob, whole_knob, word_knob};
pub use range::{End, Real, Whole};
pub use text::{describe, written};
pub use word::{one_of, read_word};
