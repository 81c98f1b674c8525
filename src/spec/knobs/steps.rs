//! `steps` of a range in `[sweep.space]`: how finely a grid divides it.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Values that a grid takes from a range, 2 to 1000; by default 5.
    Steps(u32), 2, 1_000
}

impl Default for Steps {
    fn default() -> Self {
        Self(5)
    }
}
