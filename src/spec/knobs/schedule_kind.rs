//! `schedule.kind`.

use crate::spec::knob::word_knob;

word_knob! {
    /// How the learning rate goes over time.
    ScheduleKind {
        /// It stays.
        Constant = "constant",
        /// It is multiplied by `factor` every `every` epochs.
        Step = "step",
        /// Half a cosine from `lr` down to `min_lr`.
        Cosine = "cosine",
        /// Up from `lr` to `max_lr`, then down to nearly nothing.
        OneCycle = "one_cycle",
    }
}
