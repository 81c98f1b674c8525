//! `schedule.warmup`: the rising part of one cycle.

use crate::spec::knob::real_knob;

real_knob! {
    /// Share of all steps, 0 to below 1.
    Warmup, Including(0.0), Excluding(1.0)
}
