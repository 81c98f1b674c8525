//! `eps`: what keeps a division by a root finite.

use crate::spec::knob::real_knob;

real_knob! {
    /// A small number above 0.
    Epsilon, Excluding(0.0), Open
}
