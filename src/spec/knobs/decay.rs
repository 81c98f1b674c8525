//! `rho`, `beta1`, `beta2`: how slowly a moving average forgets.

use crate::spec::knob::real_knob;

real_knob! {
    /// Decay of a moving average, 0 to below 1.
    Decay, Including(0.0), Excluding(1.0)
}
