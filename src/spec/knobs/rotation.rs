//! `augment.rotation`: in degrees.

use crate::spec::knob::real_knob;

real_knob! {
    /// Largest rotation to either side in degrees, 0 to 180.
    Rotation, Including(0.0), Including(180.0)
}
