//! `augment.channel_shift`: in grey levels.

use crate::spec::knob::real_knob;

real_knob! {
    /// Largest shift of a channel in grey levels, 0 to 255.
    ChannelShift, Including(0.0), Including(255.0)
}
