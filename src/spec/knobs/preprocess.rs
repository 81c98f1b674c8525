//! `data.preprocess`: from grey levels to the network's input.

use crate::spec::knob::word_knob;

word_knob! {
    /// What happens to pixels before the first convolution.
    Preprocess {
        /// RGB divided by 255.
        Unit = "unit",
        /// BGR minus ImageNet's mean: what the weights that come with frostline expect.
        Caffe = "caffe",
        /// RGB divided by 255, minus the mean, divided by the standard deviation.
        Torch = "torch",
    }
}
