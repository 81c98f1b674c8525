//! `sweep.pruner.startup_trials`: points that the median pruner lets finish first.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Points that must have finished before any is pruned.
    StartupTrials(u32), 0, 1_000_000
}
