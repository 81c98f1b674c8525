//! The floating-point types in which weights are stored, and their way to f32.

use half::slice::HalfFloatSliceExt;
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

    /// All values of a buffer; bytes that do not fill a value at its end are left out.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F16 => {
                let halves: Vec<f16> = values(bytes, f16::from_le_bytes);
                let mut decoded = vec![0.0; halves.len()];
                halves.convert_to_f32_slice(&mut decoded);
                decoded
            }
            Self::Bf16 => values(bytes, |value| bf16::from_le_bytes(value).to_f32()),
            Self::F32 => values(bytes, f32::from_le_bytes),
            Self::F64 => values(bytes, |value| f64::from_le_bytes(value) as f32),
        }
    }
}

fn values<T, const SIZE: usize>(bytes: &[u8], value: impl Fn([u8; SIZE]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|&bytes| value(bytes)).collect()
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
