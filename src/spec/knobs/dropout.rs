//! `dropout`: the share of activations set to zero while training.

use crate::spec::knob::real_knob;

real_knob! {
    /// Share of activations dropped, 0 to below 1.
    Dropout, Including(0.0), Excluding(1.0)
}
