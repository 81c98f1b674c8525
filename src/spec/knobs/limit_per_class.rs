//! `data.limit_per_class`: the first images of each class.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Images used of each class, 1 or more.
    LimitPerClass(u32), 1, u32::MAX as i64
}
