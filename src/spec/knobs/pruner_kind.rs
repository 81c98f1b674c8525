//! `sweep.pruner.kind`.

use crate::spec::knob::word_knob;

word_knob! {
    /// Which rule ends hopeless points early.
    PrunerKind {
        /// Asynchronous successive halving.
        Asha = "asha",
        /// Worse than the median of earlier points.
        Median = "median",
    }
}
