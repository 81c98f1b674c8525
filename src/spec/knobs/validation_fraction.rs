//! `data.validation_fraction`: the share of training images held out.

use crate::spec::knob::real_knob;

real_knob! {
    /// Share of each class held out, above 0 and below 1.
    ValidationFraction, Excluding(0.0), Excluding(1.0)
}
