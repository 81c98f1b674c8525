//! `precision`: of layers that aren't trained.

use crate::spec::knob::word_knob;

word_knob! {
    /// The number format of frozen layers.
    Precision {
        /// 32-bit floats.
        F32 = "f32",
        /// Products of bfloat16 values, summed in 32 bits.
        Bf16 = "bf16",
        /// Products of bfloat16 values, summed as the tile unit of newer Intel servers (AMX) does.
        Bf16Amx = "bf16_amx",
    }
}
