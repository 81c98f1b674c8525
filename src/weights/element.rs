//! The floating-point types in which weights are stored, and their way to f32.

use half::{bf16, f16};

/// A stored floating-point type, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F16,
    Bf16,
    F32,
    F64,
}

impl Element {
    /// Bytes of one value.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The value in the first [`Self::size`] bytes, rounded to f32 where it is wider.
    fn value(self, bytes: &[u8]) -> f32 {
        match self {
            Self::F16 => f16::from_le_bytes([bytes[0], bytes[1]]).to_f32(),
            Self::Bf16 => bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32(),
            Self::F32 => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
            Self::F64 => {
                f64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
                    as f32
            }
        }
    }

    /// All values of a buffer; bytes that do not fill a value at its end are left out.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        bytes.chunks_exact(self.size()).map(|value| self.value(value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_type_gives_the_same_half() {
        assert_eq!(Element::F16.decode(&f16::from_f32(0.5).to_le_bytes()), [0.5]);
        assert_eq!(Element::Bf16.decode(&bf16::from_f32(0.5).to_le_bytes()), [0.5]);
        assert_eq!(Element::F32.decode(&0.5f32.to_le_bytes()), [0.5]);
        assert_eq!(Element::F64.decode(&0.5f64.to_le_bytes()), [0.5]);
    }
}
