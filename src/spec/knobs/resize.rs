//! `data.resize`: how images come to the target size.

use crate::spec::knob::word_knob;

word_knob! {
    /// A resampling filter, as Pillow computes it.
    Resize {
        /// Keras' default, and the blog's.
        Nearest = "nearest",
        /// Triangle, widened when shrinking.
        Bilinear = "bilinear",
        /// Cubic with a = -0.5, widened when shrinking.
        Bicubic = "bicubic",
        /// Lanczos with three lobes.
        Lanczos = "lanczos",
    }
}
