//! bf16 numbers, and the exact meaning of one step of a bf16 product.
//!
//! The processor's instruction (`VDPBF16PS`) is two fused multiply-adds with subnormal numbers taken as zero and
//! subnormal results made zero. The second number of each pair comes first. [`dot`] says the same in plain Rust;
//! the paths without the instruction follow it, and a test holds the instruction to it.

/// The f32 of a bf16 number, exactly.
#[inline(always)]
pub fn widen(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The nearest bf16 number, ties to even; subnormal numbers become zero of their sign.
#[inline(always)]
pub fn round(value: f32) -> u16 {
    let bits = flush(value).to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// Zero of its sign for a subnormal number, else the number.
#[inline(always)]
pub fn flush(value: f32) -> f32 {
    super::zero_below(value, f32::MIN_POSITIVE)
}

/// `sum + a[1] * b[1] + a[0] * b[0]`, from the left, each step rounded once and flushed.
#[inline(always)]
pub fn dot(sum: f32, a: [u16; 2], b: [u16; 2]) -> f32 {
    let [a, b] = [a, b].map(|pair| pair.map(|bits| flush(widen(bits))));
    let sum = flush(a[1].mul_add(b[1], flush(sum)));
    flush(a[0].mul_add(b[0], sum))
}

/// `sum` and the products of some pairs, as one step of the tile unit (`TDPBF16PS`) adds them: the first numbers of the pairs and the
/// second ones each in a sum of their own, from zero; then both together to `sum`. Each step is rounded once and flushed.
pub fn tile(sum: f32, pairs: impl IntoIterator<Item = ([u16; 2], [u16; 2])>) -> f32 {
    let (even, odd) = pairs.into_iter().fold((0.0, 0.0), |(even, odd), (a, b)| {
        let step = |sum: f32, at: usize| flush(flush(widen(a[at])).mul_add(flush(widen(b[at])), sum));
        (step(even, 0), step(odd, 1))
    });
    flush(flush(sum) + flush(even + odd))
}

#[cfg(test)]
mod tests {
    use super::super::{LANES, Lanes, Task, run, run_bf16};
    use super::*;
    use crate::kernels::isa;
    use crate::rng::{Purpose, Stream};

    /// Sixteen sums, pairs and pairs; where the results of both operations go.
    struct Step<'a> {
        sum: &'a [f32; LANES],
        a: &'a [u16; 2],
        b: &'a [u16; 2 * LANES],
        out: (&'a mut [f32; LANES], &'a mut [u16; LANES], &'a mut [u16; 2 * LANES]),
    }

    impl Task for Step<'_> {
        #[inline(always)]
        unsafe fn run<L: Lanes>(self) {
            // SAFETY: every array has the length that its operation reads or writes.
            unsafe {
                let sum = L::load(self.sum.as_ptr());
                sum.dot(L::splat_pair(self.a.as_ptr()), L::load_pairs(self.b.as_ptr())).store(self.out.0.as_mut_ptr());
                sum.store_bf16(self.out.1.as_mut_ptr());
                sum.store_two_bf16(sum.mul(L::splat(3.0)), self.out.2.as_mut_ptr());
            }
        }
    }

    /// Any bits at all in one of four rounds, else exponents near each other or near the smallest.
    fn numbers(stream: &mut Stream, round: usize) -> ([f32; LANES], [u16; 2], [u16; 2 * LANES]) {
        let mut near = |base: u32, spread: u32| {
            let bits = stream.next_u32();
            if round.is_multiple_of(4) { bits } else { bits & 0x807f_ffff | (base + stream.next_u32() % spread) << 23 }
        };
        let (factor, sum) = if round % 4 == 1 { (58, 0) } else { (120, 118) };
        let mut short = |_| (near(factor, 16) >> 16) as u16;
        let (a, b) = (std::array::from_fn(&mut short), std::array::from_fn(&mut short));
        (std::array::from_fn(|_| f32::from_bits(near(sum, 24))), a, b)
    }

    fn same(a: f32, b: f32) -> bool {
        a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
    }

    #[test]
    fn every_path_multiplies_and_rounds_bf16_as_the_plain_formula_does() {
        let rounds = if cfg!(miri) { 40 } else { 40_000 };
        let mut stream = Stream::new(7, Purpose::Init, 0, 0);
        for round_number in 0..rounds {
            let (sum, a, b) = numbers(&mut stream, round_number);
            for isa in isa::ALL.into_iter().filter(|isa| isa.available()) {
                for native in [true, false] {
                    let (mut sums, mut rounded, mut both) = ([0.0; LANES], [0; LANES], [0; 2 * LANES]);
                    let step = Step { sum: &sum, a: &a, b: &b, out: (&mut sums, &mut rounded, &mut both) };
                    // SAFETY: the instruction set is available, and the arrays are as long as the task needs.
                    unsafe { if native { run_bf16(isa, step) } else { run(isa, step) } };
                    for i in 0..LANES {
                        let expected = dot(sum[i], a, [b[2 * i], b[2 * i + 1]]);
                        assert!(same(sums[i], expected), "{isa:?} {:e} {a:?} {expected:e} {:e}", sum[i], sums[i]);
                        assert_eq!(rounded[i], round(sum[i]), "{isa:?} {:e}", sum[i]);
                        assert_eq!(both[i], rounded[i], "{isa:?} {:e}", sum[i]);
                        assert_eq!(both[LANES + i], round(sum[i] * 3.0), "{isa:?} {:e}", sum[i]);
                    }
                }
            }
        }
    }

    #[test]
    fn rounding_goes_to_the_even_neighbour_at_a_tie() {
        assert_eq!(round(widen(0x3f80)), 0x3f80);
        assert_eq!(round(f32::from_bits(0x3f80_8000)), 0x3f80);
        assert_eq!(round(f32::from_bits(0x3f81_8000)), 0x3f82);
        assert_eq!(round(f32::from_bits(0x3f80_8001)), 0x3f81);
    }
}
