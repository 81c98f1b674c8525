//! `schedule.min_lr`: where the cosine ends.

use crate::spec::knob::real_knob;

real_knob! {
    /// A learning rate to end with, 0 or more.
    MinLearningRate, Including(0.0), Open
}
