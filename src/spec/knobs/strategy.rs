//! `sweep.strategy`: how the space is searched.

use crate::spec::knob::word_knob;

word_knob! {
    /// How points are chosen.
    Strategy {
        /// Every combination of the choices.
        Grid = "grid",
        /// `trials` independent draws.
        Random = "random",
        /// `trials` draws by a tree-structured Parzen estimator.
        Tpe = "tpe",
    }
}
