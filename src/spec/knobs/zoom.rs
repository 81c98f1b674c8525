//! `augment.zoom`: the factor is drawn from [1 - zoom, 1 + zoom].

use crate::spec::knob::real_knob;

real_knob! {
    /// Half the width of the range of zoom factors, 0 to below 1.
    Zoom, Including(0.0), Excluding(1.0)
}
