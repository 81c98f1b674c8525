//! Sixteen lanes in one AVX-512 register.

use std::arch::x86_64::*;

use super::{LANES, Lanes, Task};

/// One register. `BF16` says whether the machine multiplies bf16 numbers itself.
#[derive(Clone, Copy)]
pub struct Avx512<const BF16: bool>(__m512);

/// Runs a task with AVX-512, bf16 emulated.
///
/// # Safety
/// The features below must be available, and what the task asks for must hold.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub unsafe fn enter<T: Task>(task: T) {
    // SAFETY: the caller's promises.
    unsafe { task.run::<Avx512<false>>() }
}

/// Runs a task with AVX-512 and AVX512_BF16.
///
/// # Safety
/// As for [`enter`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
pub unsafe fn enter_bf16<T: Task>(task: T) {
    // SAFETY: the caller's promises.
    unsafe { task.run::<Avx512<true>>() }
}

/// Numbers of a smaller magnitude than `limit` become zero of their sign. (As integers: the magnitudes of floating-point
/// numbers have the order of their bits, and no subnormal number meets arithmetic, which some processors slow down for.)
#[inline(always)]
unsafe fn zero_below(x: __m512, limit: __m512) -> __m512 {
    // SAFETY: AVX-512, by the contract of the callers' trait.
    unsafe {
        let (bits, sign) = (_mm512_castps_si512(x), _mm512_set1_epi32(i32::MIN));
        let small = _mm512_cmplt_epi32_mask(_mm512_andnot_si512(sign, bits), _mm512_castps_si512(limit));
        _mm512_castsi512_ps(_mm512_mask_and_epi32(bits, small, bits, sign))
    }
}

/// Subnormal numbers become zero of their sign.
#[inline(always)]
unsafe fn flush(x: __m512) -> __m512 {
    // SAFETY: AVX-512, by the contract of the callers' trait.
    unsafe { zero_below(x, _mm512_set1_ps(f32::MIN_POSITIVE)) }
}

/// The first and the second numbers of sixteen pairs, as f32, flushed.
#[inline(always)]
unsafe fn split(pairs: __m512i) -> (__m512, __m512) {
    // SAFETY: AVX-512, by the contract of the callers' trait.
    unsafe {
        let first = _mm512_slli_epi32::<16>(pairs);
        let second = _mm512_and_si512(pairs, _mm512_set1_epi32(0xffff_0000_u32 as i32));
        (flush(_mm512_castsi512_ps(first)), flush(_mm512_castsi512_ps(second)))
    }
}

/// Rounds to bf16 without the instruction.
#[inline(always)]
unsafe fn round(x: __m512) -> __m256i {
    // SAFETY: AVX-512, by the contract of the callers' trait.
    unsafe {
        let bits = _mm512_castps_si512(flush(x));
        let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
        let rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
        let nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(x, x);
        let quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x0040_0000));
        _mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(_mm512_mask_mov_epi32(rounded, nan, quiet)))
    }
}

/// The first and third quarters of both registers; of `ODD`, the second and fourth.
#[inline(always)]
unsafe fn quarters<const ODD: bool>(a: __m512, b: __m512) -> __m512 {
    // SAFETY: AVX-512, by the contract of the callers' trait.
    unsafe {
        if ODD { _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b) } else { _mm512_shuffle_f32x4::<0b10_00_10_00>(a, b) }
    }
}

/// Four rows of numbers to columns, within each quarter.
#[inline(always)]
unsafe fn turn_quarters(rows: [__m512; 4]) -> [__m512; 4] {
    // SAFETY: AVX-512, by the contract of the callers' trait.
    unsafe {
        let [a, b, c, d] = rows;
        let (low, high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        let (lower, higher) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        let (low, high) = (_mm512_castps_pd(low), _mm512_castps_pd(high));
        let (lower, higher) = (_mm512_castps_pd(lower), _mm512_castps_pd(higher));
        [
            _mm512_castpd_ps(_mm512_unpacklo_pd(low, lower)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(low, lower)),
            _mm512_castpd_ps(_mm512_unpacklo_pd(high, higher)),
            _mm512_castpd_ps(_mm512_unpackhi_pd(high, higher)),
        ]
    }
}

// SAFETY of the intrinsics below: AVX-512 is available and the pointers are valid, by the trait's contract.
impl<const BF16: bool> Lanes for Avx512<BF16> {
    type Pairs = __m512i;

    // 28 sums, two panels' columns and one row leave one register of 32.
    const ROWS: usize = 14;
    const PANELS: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { _mm512_loadu_ps(from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn fma(self, factor: Self, addend: Self) -> Self {
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn bits_below<const BY: u32>(self, from: u32) -> Self {
        unsafe {
            let shifted = _mm512_srli_epi32::<BY>(_mm512_castps_si512(self.0));
            Self(_mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(from as i32), shifted)))
        }
    }

    #[inline(always)]
    unsafe fn sign(self) -> Self {
        unsafe {
            let below = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, _mm512_setzero_ps());
            let above = Self::splat(1.0).where_positive(self);
            Self(_mm512_mask_mov_ps(above.0, below, _mm512_set1_ps(-1.0)))
        }
    }

    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        Self(unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate.0, _mm512_setzero_ps()), self.0) })
    }

    #[inline(always)]
    unsafe fn positive(self) -> u16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, _mm512_setzero_ps()) }
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
        Self(unsafe { _mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, from) })
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, count: usize) {
        unsafe { _mm512_mask_storeu_ps(to, ((1u32 << count) - 1) as u16, self.0) }
    }

    #[inline(always)]
    unsafe fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        let mut result = rows;
        unsafe {
            let a = turn_quarters([rows[0].0, rows[1].0, rows[2].0, rows[3].0]);
            let b = turn_quarters([rows[4].0, rows[5].0, rows[6].0, rows[7].0]);
            let c = turn_quarters([rows[8].0, rows[9].0, rows[10].0, rows[11].0]);
            let d = turn_quarters([rows[12].0, rows[13].0, rows[14].0, rows[15].0]);
            for at in 0..4 {
                let (even, odd) = (quarters::<false>(a[at], b[at]), quarters::<true>(a[at], b[at]));
                let (evener, odder) = (quarters::<false>(c[at], d[at]), quarters::<true>(c[at], d[at]));
                result[at] = Self(quarters::<false>(even, evener));
                result[4 + at] = Self(quarters::<false>(odd, odder));
                result[8 + at] = Self(quarters::<true>(even, evener));
                result[12 + at] = Self(quarters::<true>(odd, odder));
            }
        }
        result
    }

    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        unsafe {
            let bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()));
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(bits)))
        }
    }

    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut u16) {
        unsafe {
            let bits =
                if BF16 { std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(self.0)) } else { round(self.0) };
            _mm256_storeu_si256(to.cast(), bits);
        }
    }

    #[inline(always)]
    unsafe fn store_two_bf16(self, second: Self, to: *mut u16) {
        unsafe {
            let bits = if BF16 {
                std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(second.0, self.0))
            } else {
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(round(self.0)), round(second.0))
            };
            _mm512_storeu_si512(to.cast(), bits);
        }
    }

    #[inline(always)]
    unsafe fn load_pairs(from: *const u16) -> Self::Pairs {
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn splat_pair(from: *const u16) -> Self::Pairs {
        unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn dot(self, a: Self::Pairs, b: Self::Pairs) -> Self {
        unsafe {
            if BF16 {
                let a = std::mem::transmute::<__m512i, __m512bh>(a);
                let b = std::mem::transmute::<__m512i, __m512bh>(b);
                return Self(_mm512_dpbf16_ps(self.0, a, b));
            }
            let ((a0, a1), (b0, b1)) = (split(a), split(b));
            let sum = flush(_mm512_fmadd_ps(a1, b1, flush(self.0)));
            Self(flush(_mm512_fmadd_ps(a0, b0, sum)))
        }
    }

    #[inline(always)]
    unsafe fn widen(pairs: Self::Pairs) -> (Self, Self) {
        let (first, second) = unsafe { split(pairs) };
        (Self(first), Self(second))
    }

    #[inline(always)]
    unsafe fn zero_below(self, limit: Self) -> Self {
        Self(unsafe { zero_below(self.0, limit.0) })
    }
}
