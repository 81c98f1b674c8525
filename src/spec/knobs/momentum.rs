//! `momentum`: how much of the last step goes into the next.

use crate::spec::knob::real_knob;

real_knob! {
    /// Momentum, 0 to below 1.
    Momentum, Including(0.0), Excluding(1.0)
}
