//! `augment.cval`: the colour outside of the image.

use crate::spec::knob::real_knob;

real_knob! {
    /// A grey level, 0 to 255.
    Cval, Including(0.0), Including(255.0)
}
