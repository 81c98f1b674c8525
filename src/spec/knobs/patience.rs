//! `early_stopping.patience`: epochs without improvement that are borne.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Epochs without improvement after which training stops.
    Patience(u32), 0, 1_000_000
}
