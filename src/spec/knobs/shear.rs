//! `augment.shear`: in degrees.

use crate::spec::knob::real_knob;

real_knob! {
    /// Largest shear angle in degrees, 0 to below 90.
    Shear, Including(0.0), Excluding(90.0)
}
