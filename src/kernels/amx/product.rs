//! The products: 32 pixels times 32 out-channels, over all taps of 32 in-channels at a time.

use super::emulated::{Emulated, Factors};
#[cfg(target_arch = "x86_64")]
use super::native;
use super::step::{BlockSums, Next, PIXEL, Patches, Step, Sums, TILE};
use super::{BLOCK, DEPTH, pixels};
use crate::kernels::isa::Isa;
use crate::kernels::lanes;
use crate::kernels::layout::Buffer;

/// Multiplications of a step.
const MACS: usize = 9 * BLOCK * BLOCK * DEPTH;

/// Who multiplies.
pub struct Multiplier {
    isa: Isa,
    #[cfg(target_arch = "x86_64")]
    tiles: Option<super::unit::Tiles>,
}

impl Multiplier {
    /// With the tile unit if the widest instruction set is asked for and there is one, else with vectors.
    ///
    /// # Safety
    /// `isa` is available.
    pub unsafe fn new(isa: Isa) -> Self {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: it is there.
        let tiles = (isa == Isa::Avx512 && super::available()).then(|| unsafe { super::unit::Tiles::configure() });
        Self {
            isa,
            #[cfg(target_arch = "x86_64")]
            tiles,
        }
    }

    /// Adds a step to the sums of a block.
    ///
    /// # Safety
    /// As the step says.
    pub unsafe fn add(&self, step: Step, sums: &mut BlockSums) {
        #[cfg(target_arch = "x86_64")]
        if self.tiles.is_some() {
            // SAFETY: the tiles are configured; the rest is the caller's promise.
            return unsafe {
                match (step.short, step.fresh) {
                    (true, _) => native::short(&step, sums),
                    (false, true) => native::fresh(&step, sums),
                    (false, false) => native::again(&step, sums),
                }
            };
        }
        let Step { source, row, weights, short, begins, .. } = step;
        let factors: [Factors; 9] = std::array::from_fn(|tap| {
            (source.wrapping_add(tap / 3 * row + tap % 3 * PIXEL), weights.wrapping_add(tap * 2 * TILE))
        });
        // SAFETY: the instruction set is there; the rest is the caller's promise.
        unsafe { lanes::run(self.isa, Emulated::<PIXEL> { factors: &factors, short, begins, sums }) }
    }

    /// Fetches so many lines to the second cache.
    #[inline(always)]
    pub fn fetch(&self, from: *const u8, lines: usize) {
        #[cfg(target_arch = "x86_64")]
        if self.tiles.is_some() {
            native::fetch(from, lines);
        }
        let _ = (from, lines);
    }

    /// Sums of a block, from patches.
    ///
    /// # Safety
    /// As the patches say.
    pub unsafe fn multiply(&self, patches: Patches, sums: &mut BlockSums) {
        #[cfg(target_arch = "x86_64")]
        if self.tiles.is_some() {
            // SAFETY: the tiles are configured; the rest is the caller's promise.
            return unsafe { native::patches(&patches, sums) };
        }
        let Patches { sources, weights, short } = patches;
        let factors: [Factors; 3] =
            pixels::STEPS.map(|(part, weight)| (sources[part], weights.wrapping_add(weight * 2 * TILE)));
        // SAFETY: the instruction set is there; the rest is the caller's promise.
        unsafe { lanes::run(self.isa, Emulated::<{ pixels::BYTES }> { factors: &factors, short, begins: true, sums }) }
    }
}

/// Adds the same step so many times on one thread, all that it reads in the first cache; the multiplications that it did.
///
/// # Panics
/// If this machine lacks `isa`.
pub fn multiply(isa: Isa, times: usize) -> u64 {
    assert!(isa.available(), "this machine lacks `{}`", isa.name());
    let (pixels, weights) = (Buffer::new(3 * (BLOCK + 2) * PIXEL, 1), Buffer::new(9 * 2 * TILE, 1));
    let row = (BLOCK + 2) * PIXEL;
    let (source, weights) = (pixels.pointer(), weights.pointer());
    let next = Next { source, weights };
    let step = Step { source, row, weights, short: false, begins: false, fresh: false, next };
    let mut sums = Sums::<1>::ZERO;
    // SAFETY: the instruction set is there; the buffers hold what a step reads.
    unsafe {
        let multiplier = Multiplier::new(isa);
        for _ in 0..times {
            multiplier.add(step, &mut sums.0[0]);
        }
    }
    (times * MACS) as u64
}

#[cfg(test)]
mod tests {
    use super::super::EDGE;
    use super::*;
    use crate::kernels::isa;
    use crate::kernels::lanes::bf16;
    use crate::rng::{Purpose, Stream};

    const GROUPS: usize = 2;

    /// bf16 numbers: any bits at all in one of four rounds, else exponents near each other or near the smallest.
    fn numbers(stream: &mut Stream, round: usize, count: usize) -> Vec<u16> {
        let base = if round % 4 == 1 { 58 } else { 118 };
        let mut number = || {
            let bits = stream.next_u32();
            if round.is_multiple_of(4) { bits } else { bits & 0x807f_ffff | (base + stream.next_u32() % 16) << 23 }
        };
        (0..count).map(|_| (number() >> 16) as u16).collect()
    }

    /// One element, by the formula.
    fn expected(pixels: &[u16], weights: &[u16], (pixel, output): (usize, usize)) -> f32 {
        let mut sum = 0.0;
        for step in 0..GROUPS * 9 {
            let (group, tap) = (step / 9, step % 9);
            let from = ((group * 3 + tap / 3) * (BLOCK + 2) + pixel + tap % 3) * DEPTH;
            let tile = (step * 2 + output / EDGE) * DEPTH * EDGE + output % EDGE * 2;
            let (a, b) = (&pixels[from..][..DEPTH], |pair: usize| &weights[tile + pair * DEPTH..][..2]);
            sum =
                bf16::tile(sum, (0..DEPTH / 2).map(|pair| ([a[2 * pair], a[2 * pair + 1]], [b(pair)[0], b(pair)[1]])));
        }
        sum
    }

    fn same(a: f32, b: f32) -> bool {
        a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
    }

    #[test]
    fn every_path_multiplies_tiles_as_the_plain_formula_does() {
        let mut stream = Stream::new(8, Purpose::Init, 0, 0);
        for round in 0..if cfg!(miri) { 2 } else { 40 } {
            let pixels = numbers(&mut stream, round, GROUPS * 3 * (BLOCK + 2) * DEPTH);
            let weights = numbers(&mut stream, round, GROUPS * 9 * 2 * DEPTH * EDGE);
            for isa in isa::ALL.into_iter().filter(|isa| isa.available()) {
                for short in [false, true] {
                    let mut sums = [[[f32::NAN; EDGE * EDGE]; 2]; 2];
                    for group in 0..GROUPS {
                        let source = pixels[group * 3 * (BLOCK + 2) * DEPTH..].as_ptr().cast();
                        let weights = weights[group * 9 * 2 * DEPTH * EDGE..].as_ptr().cast();
                        let step = Step {
                            source,
                            row: (BLOCK + 2) * PIXEL,
                            weights,
                            short,
                            begins: group == 0,
                            fresh: round % 2 == 0,
                            next: Next { source, weights },
                        };
                        // SAFETY: the instruction set is there; both slices hold what a step reads.
                        unsafe { Multiplier::new(isa).add(step, &mut sums) };
                    }
                    for pixel in 0..if short { EDGE } else { BLOCK } {
                        for output in 0..BLOCK {
                            let found = sums[pixel / EDGE][output / EDGE][pixel % EDGE * EDGE + output % EDGE];
                            let expected = expected(&pixels, &weights, (pixel, output));
                            assert!(same(found, expected), "{isa:?} {pixel} {output}: {found:e}, not {expected:e}");
                        }
                    }
                }
            }
        }
    }
}
