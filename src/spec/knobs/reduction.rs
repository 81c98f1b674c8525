//! `sweep.pruner.reduction`: of how many points ASHA keeps one.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// One of this many points goes on to the next rung.
    Reduction(u32), 2, 1_000
}
