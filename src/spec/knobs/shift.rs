//! `augment.width_shift`, `augment.height_shift`: as a fraction of the image.

use crate::spec::knob::real_knob;

real_knob! {
    /// Largest shift as a fraction of width or height, 0 to below 1.
    Shift, Including(0.0), Excluding(1.0)
}
