//! `schedule.every`: epochs between two steps of the learning rate.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Epochs between two steps.
    Every(u32), 1, 1_000_000
}
