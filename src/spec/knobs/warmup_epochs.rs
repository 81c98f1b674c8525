//! `sweep.pruner.warmup_epochs`: epochs that the median pruner leaves alone.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Epochs before the first decision.
    WarmupEpochs(u32), 0, 1_000_000
}
