//! `sweep.repeats`: seeds per point.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Runs per point, with seeds `seed`, `seed + 1`, ...
    Repeats(u32), 1, 1_000
}
