//! `seed`: where every random draw of a run starts.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// The seed of an experiment or of a sweep.
    Seed(u64), 0, i64::MAX
}
