//! `sweep.trials`: points of a random or TPE sweep, in total.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Points in total.
    Trials(u32), 1, 1_000_000
}
