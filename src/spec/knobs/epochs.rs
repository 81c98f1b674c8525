//! `epochs`: passes over the training set.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Passes over the training set, 1 to 1,000,000.
    Epochs(u32), 1, 1_000_000
}
