//! `fine_tune.frozen_layers`: where the frost line lies.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Convolutions frozen, counted from the input: 0 to 13. Where 13 are frozen, only the top is trained, on augmented images.
    FrozenLayers(u32), 0, 13
}
