//! Sixteen lanes in two AVX registers; the multiply-adds are fused (FMA).

use std::arch::x86_64::*;

use super::{LANES, Lanes, Task};

/// Two registers, lanes 0..8 and 8..16.
#[derive(Clone, Copy)]
pub struct Avx2(__m256, __m256);

/// Runs a task with AVX2 and FMA.
///
/// # Safety
/// The features below must be available, and what the task asks for must hold.
#[target_feature(enable = "avx2,fma")]
pub unsafe fn enter<T: Task>(task: T) {
    // SAFETY: the caller's promises.
    unsafe { task.run::<Avx2>() }
}

/// Numbers of a smaller magnitude than `limit` become zero of their sign. (As integers: the magnitudes of floating-point
/// numbers have the order of their bits, and no subnormal number meets arithmetic, which some processors slow down for.)
#[inline(always)]
unsafe fn zero_below(x: __m256, limit: __m256) -> __m256 {
    // SAFETY: AVX2, by the contract of the callers' trait.
    unsafe {
        let (bits, magnitude) = (_mm256_castps_si256(x), _mm256_set1_epi32(i32::MAX));
        let small = _mm256_cmpgt_epi32(_mm256_castps_si256(limit), _mm256_and_si256(bits, magnitude));
        _mm256_castsi256_ps(_mm256_andnot_si256(_mm256_and_si256(small, magnitude), bits))
    }
}

/// Subnormal numbers become zero of their sign.
#[inline(always)]
unsafe fn flush(x: __m256) -> __m256 {
    // SAFETY: AVX2, by the contract of the callers' trait.
    unsafe { zero_below(x, _mm256_set1_ps(f32::MIN_POSITIVE)) }
}

/// The first and the second numbers of eight pairs, as f32, flushed.
#[inline(always)]
unsafe fn split(pairs: __m256i) -> (__m256, __m256) {
    // SAFETY: AVX2, by the contract of the callers' trait.
    unsafe {
        let first = _mm256_slli_epi32::<16>(pairs);
        let second = _mm256_and_si256(pairs, _mm256_set1_epi32(0xffff_0000_u32 as i32));
        (flush(_mm256_castsi256_ps(first)), flush(_mm256_castsi256_ps(second)))
    }
}

/// One step of a product of bf16 pairs, for eight lanes.
#[inline(always)]
unsafe fn dot(sum: __m256, a: __m256i, b: __m256i) -> __m256 {
    // SAFETY: AVX2 and FMA, by the contract of the callers' trait.
    unsafe {
        let ((a0, a1), (b0, b1)) = (split(a), split(b));
        flush(_mm256_fmadd_ps(a0, b0, flush(_mm256_fmadd_ps(a1, b1, flush(sum)))))
    }
}

/// Eight numbers rounded to bf16, each in the low half of its lane.
#[inline(always)]
unsafe fn round(x: __m256) -> __m256i {
    // SAFETY: AVX2, by the contract of the callers' trait.
    unsafe {
        let bits = _mm256_castps_si256(flush(x));
        let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
        let rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
        let nan = _mm256_castps_si256(_mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
        let quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x0040_0000));
        _mm256_srli_epi32::<16>(_mm256_blendv_epi8(rounded, quiet, nan))
    }
}

/// Four rows of numbers to columns, within each half.
#[inline(always)]
unsafe fn turn_halves(a: __m256, b: __m256, c: __m256, d: __m256) -> [__m256; 4] {
    // SAFETY: AVX2, by the contract of the callers' trait.
    unsafe {
        let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (lower, higher) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0b01_00_01_00>(low, lower),
            _mm256_shuffle_ps::<0b11_10_11_10>(low, lower),
            _mm256_shuffle_ps::<0b01_00_01_00>(high, higher),
            _mm256_shuffle_ps::<0b11_10_11_10>(high, higher),
        ]
    }
}

/// Eight rows of eight numbers to columns.
#[inline(always)]
unsafe fn turn(rows: [__m256; 8]) -> [__m256; 8] {
    let mut result = rows;
    // SAFETY: AVX2, by the contract of the callers' trait.
    unsafe {
        let (a, b) = (turn_halves(rows[0], rows[1], rows[2], rows[3]), turn_halves(rows[4], rows[5], rows[6], rows[7]));
        for at in 0..4 {
            result[at] = _mm256_permute2f128_ps::<0x20>(a[at], b[at]);
            result[4 + at] = _mm256_permute2f128_ps::<0x31>(a[at], b[at]);
        }
    }
    result
}

// SAFETY of the intrinsics below: AVX2 and FMA are available and the pointers are valid, by the trait's contract.
impl Lanes for Avx2 {
    type Pairs = (__m256i, __m256i);

    // 12 registers of sums, two of columns and one of a row leave one of 16.
    const ROWS: usize = 6;
    const PANELS: usize = 1;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        let all = unsafe { _mm256_set1_ps(value) };
        Self(all, all)
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            _mm256_storeu_ps(to, self.0);
            _mm256_storeu_ps(to.add(8), self.1);
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { Self(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn fma(self, factor: Self, addend: Self) -> Self {
        unsafe { Self(_mm256_fmadd_ps(self.0, factor.0, addend.0), _mm256_fmadd_ps(self.1, factor.1, addend.1)) }
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        unsafe { Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn bits_below<const BY: u32>(self, from: u32) -> Self {
        unsafe {
            let (from, by) = (_mm256_set1_epi32(from as i32), _mm_cvtsi32_si128(BY as i32));
            let below = |v| _mm256_castsi256_ps(_mm256_sub_epi32(from, _mm256_srl_epi32(_mm256_castps_si256(v), by)));
            Self(below(self.0), below(self.1))
        }
    }

    #[inline(always)]
    unsafe fn sign(self) -> Self {
        unsafe {
            let (one, negated) = (Self::splat(1.0), Self::splat(0.0).sub(self));
            one.where_positive(self).sub(one.where_positive(negated))
        }
    }

    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        unsafe {
            let zero = _mm256_setzero_ps();
            let (low, high) = (_mm256_cmp_ps::<_CMP_GT_OQ>(gate.0, zero), _mm256_cmp_ps::<_CMP_GT_OQ>(gate.1, zero));
            Self(_mm256_and_ps(self.0, low), _mm256_and_ps(self.1, high))
        }
    }

    #[inline(always)]
    unsafe fn positive(self) -> u16 {
        unsafe {
            let zero = _mm256_setzero_ps();
            let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.0, zero));
            let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.1, zero));
            (low | high << 8) as u16
        }
    }

    #[inline(always)]
    unsafe fn prefetch(from: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }

    #[inline(always)]
    unsafe fn prefetch_far(from: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T1>(from.cast()) }
    }

    #[inline(always)]
    unsafe fn prefetch_to_write(to: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(to.cast()) }
    }

    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self {
        let mut values = [0.0; LANES];
        unsafe {
            std::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), count);
            Self::load(values.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        let mut values = [0.0; LANES];
        unsafe {
            self.store(values.as_mut_ptr());
            std::ptr::copy_nonoverlapping(values.as_ptr(), to, count);
        }
    }

    #[inline(always)]
    unsafe fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        let mut halves = [[rows[0].0; 8]; 4];
        for row in 0..8 {
            halves[0][row] = rows[row].0;
            halves[1][row] = rows[row].1;
            halves[2][row] = rows[8 + row].0;
            halves[3][row] = rows[8 + row].1;
        }
        let mut result = rows;
        unsafe {
            let [above_left, above_right] = [turn(halves[0]), turn(halves[1])];
            let [below_left, below_right] = [turn(halves[2]), turn(halves[3])];
            for row in 0..8 {
                result[row] = Self(above_left[row], below_left[row]);
                result[8 + row] = Self(above_right[row], below_right[row]);
            }
        }
        result
    }

    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        unsafe {
            let bits = _mm256_loadu_si256(from.cast());
            let low = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(bits));
            let high = _mm256_cvtepu16_epi32(_mm256_extracti128_si256::<1>(bits));
            Self(_mm256_castsi256_ps(_mm256_slli_epi32::<16>(low)), _mm256_castsi256_ps(_mm256_slli_epi32::<16>(high)))
        }
    }

    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut u16) {
        unsafe {
            // The pack works on halves of a register, so its four quarters come out in the order 0, 2, 1, 3.
            let packed = _mm256_packus_epi32(round(self.0), round(self.1));
            _mm256_storeu_si256(to.cast(), _mm256_permute4x64_epi64::<0b11_01_10_00>(packed));
        }
    }

    #[inline(always)]
    unsafe fn load_pairs(from: *const u16) -> Self::Pairs {
        unsafe { (_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(16).cast())) }
    }

    #[inline(always)]
    unsafe fn splat_pair(from: *const u16) -> Self::Pairs {
        let all = unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) };
        (all, all)
    }

    #[inline(always)]
    unsafe fn dot(self, a: Self::Pairs, b: Self::Pairs) -> Self {
        unsafe { Self(dot(self.0, a.0, b.0), dot(self.1, a.1, b.1)) }
    }

    #[inline(always)]
    unsafe fn widen(pairs: Self::Pairs) -> (Self, Self) {
        let (low, high) = unsafe { (split(pairs.0), split(pairs.1)) };
        (Self(low.0, high.0), Self(low.1, high.1))
    }

    #[inline(always)]
    unsafe fn zero_below(self, limit: Self) -> Self {
        unsafe { Self(zero_below(self.0, limit.0), zero_below(self.1, limit.1)) }
    }
}
