//! `class_weights`: for classes of unequal size.

use crate::spec::knob::word_knob;

word_knob! {
    /// How much each class counts in the loss.
    ClassWeights {
        /// Every image counts the same.
        None = "none",
        /// Every class counts the same.
        Balanced = "balanced",
    }
}
