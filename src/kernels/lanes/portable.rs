//! Lanes in plain Rust; where the target has fused multiply-adds in its baseline (aarch64), they become vectors.

use super::{LANES, Lanes, bf16, zero_below};

/// Sixteen numbers.
#[derive(Clone, Copy)]
pub struct Portable([f32; LANES]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

// SAFETY of the pointer reads and writes below: valid for the sixteen (or 32, or two) numbers by the trait's contract.
impl Lanes for Portable {
    type Pairs = [[u16; 2]; LANES];

    const ROWS: usize = 4;
    const PANELS: usize = 1;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: see above.
        Self(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: see above.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    #[inline(always)]
    unsafe fn fma(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], addend.0[i])))
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    unsafe fn bits_below<const BY: u32>(self, from: u32) -> Self {
        Self(self.0.map(|v| f32::from_bits(from.wrapping_sub(v.to_bits() >> BY))))
    }

    #[inline(always)]
    unsafe fn sign(self) -> Self {
        Self(self.0.map(|v| f32::from(i8::from(v > 0.0) - i8::from(v < 0.0))))
    }

    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        self.zip(gate, |value, gate| if gate > 0.0 { value } else { 0.0 })
    }

    #[inline(always)]
    unsafe fn positive(self) -> u16 {
        self.0.iter().rev().fold(0, |bits, &value| bits << 1 | u16::from(value > 0.0))
    }

    #[inline(always)]
    unsafe fn prefetch(_from: *const f32) {}

    #[inline(always)]
    unsafe fn prefetch_far(_from: *const f32) {}

    #[inline(always)]
    unsafe fn prefetch_to_write(_to: *const f32) {}

    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        let mut values = [0.0; LANES];
        // SAFETY: see above.
        unsafe {
            std::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), count);
            Self::load(values.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        let mut values = [0.0; LANES];
        // SAFETY: see above.
        unsafe {
            self.store(values.as_mut_ptr());
            std::ptr::copy_nonoverlapping(values.as_ptr(), to, count);
        }
    }

    #[inline(always)]
    unsafe fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        std::array::from_fn(|row| Self(std::array::from_fn(|lane| rows[lane].0[row])))
    }

    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        // SAFETY: see above.
        let bits = unsafe { from.cast::<[u16; LANES]>().read_unaligned() };
        Self(bits.map(bf16::widen))
    }

    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut u16) {
        // SAFETY: see above.
        unsafe { to.cast::<[u16; LANES]>().write_unaligned(self.0.map(bf16::round)) }
    }

    #[inline(always)]
    unsafe fn load_pairs(from: *const u16) -> Self::Pairs {
        // SAFETY: see above.
        unsafe { from.cast::<[[u16; 2]; LANES]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn splat_pair(from: *const u16) -> Self::Pairs {
        // SAFETY: see above.
        [unsafe { from.cast::<[u16; 2]>().read_unaligned() }; LANES]
    }

    #[inline(always)]
    unsafe fn dot(self, a: Self::Pairs, b: Self::Pairs) -> Self {
        Self(std::array::from_fn(|i| bf16::dot(self.0[i], a[i], b[i])))
    }

    #[inline(always)]
    unsafe fn widen(pairs: Self::Pairs) -> (Self, Self) {
        let numbers = |at: usize| Self(pairs.map(|pair| bf16::flush(bf16::widen(pair[at]))));
        (numbers(0), numbers(1))
    }

    #[inline(always)]
    unsafe fn zero_below(self, limit: Self) -> Self {
        self.zip(limit, zero_below)
    }
}
