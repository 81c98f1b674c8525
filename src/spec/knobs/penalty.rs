//! `l1`, `l2`, `weight_decay`: what weights cost.

use crate::spec::knob::real_knob;

real_knob! {
    /// Strength of a penalty on weights, 0 or more.
    Penalty, Including(0.0), Open
}
