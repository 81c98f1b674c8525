//! Numbers that kernels stream through.

use std::ops::{Deref, DerefMut};

use super::layout::Buffer;

/// f32 numbers that begin at a cache line and, where there are many, lie on huge pages; a slice in all else.
#[derive(Clone, Debug)]
pub struct Numbers {
    buffer: Buffer,
    len: usize,
}

impl Numbers {
    /// So many zeros.
    pub fn zeros(len: usize) -> Self {
        Self { buffer: Buffer::new(len, size_of::<f32>()), len }
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self::zeros(0)
    }
}

impl Deref for Numbers {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: the buffer holds so many numbers, aligned and initialised, and is borrowed for as long as they are.
        unsafe { std::slice::from_raw_parts(self.buffer.pointer().cast(), self.len) }
    }
}

impl DerefMut for Numbers {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.buffer.pointer_mut().cast(), self.len) }
    }
}

impl From<&[f32]> for Numbers {
    fn from(values: &[f32]) -> Self {
        let mut numbers = Self::zeros(values.len());
        numbers.copy_from_slice(values);
        numbers
    }
}

impl From<Vec<f32>> for Numbers {
    fn from(values: Vec<f32>) -> Self {
        Self::from(&values[..])
    }
}

impl PartialEq for Numbers {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_a_cache_line_and_keep_their_values() {
        // The last are several huge pages.
        for len in [0, 1, 17, 5_000, 3_000_001] {
            let values: Vec<f32> = (0..len).map(|at| at as f32).collect();
            let numbers = Numbers::from(values.clone());
            assert_eq!(numbers[..], values[..]);
            assert_eq!(numbers.as_ptr().addr() % 64, 0);
            let mut copy = numbers.clone();
            assert!(copy == numbers && Numbers::zeros(len).iter().all(|&value| value == 0.0));
            if let Some(last) = copy.last_mut() {
                *last += 1.0;
                assert!(copy != numbers);
            }
        }
    }
}
