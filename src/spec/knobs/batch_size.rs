//! `batch_size`: images, or stored features, worked on together.

use crate::spec::knob::whole_knob;

whole_knob! {
    /// Samples in a batch, 1 to 4096.
    BatchSize(u32), 1, 4096
}
