//! `augment.fill`: points outside of the image.

use crate::spec::knob::word_knob;

word_knob! {
    /// What lies outside of an image that was moved.
    Fill {
        /// The nearest edge pixel.
        Nearest = "nearest",
        /// The colour `cval`.
        Constant = "constant",
        /// The image mirrored at its edges.
        Reflect = "reflect",
        /// The image again.
        Wrap = "wrap",
    }
}
