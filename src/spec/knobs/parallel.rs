//! `sweep.parallel`: points run at the same time.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Points run at the same time.
    Parallel(u32), 1, 1_024
}
