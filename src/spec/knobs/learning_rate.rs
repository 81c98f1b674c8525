//! `lr`, `max_lr`: the learning rate.

use crate::spec::knob::real_knob;

real_knob! {
    /// A learning rate, above 0.
    LearningRate, Excluding(0.0), Open
}
