//! `early_stopping.min_delta`: what counts as an improvement.

use crate::spec::knob::real_knob;

real_knob! {
    /// Smallest change that counts, 0 or more.
    MinDelta, Including(0.0), Open
}
