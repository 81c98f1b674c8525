//! `sweep.pruner.min_epochs`: the first rung of ASHA.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Epochs before the first decision.
    MinEpochs(u32), 1, 1_000_000
}
