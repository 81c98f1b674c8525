//! `schedule.factor`: by which a step multiplies the learning rate.

use crate::spec::knob::real_knob;

real_knob! {
    /// A factor above 0, up to 1.
    Factor, Excluding(0.0), Including(1.0)
}
