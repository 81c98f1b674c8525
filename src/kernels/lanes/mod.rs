//! Sixteen f32 lanes, on any machine: the one abstraction that all kernels are written against.
//!
//! Every operation rounds once, as IEEE 754 says, and nothing is contracted or reassociated, so a kernel gives the
//! same bits whichever type it is run with. Kernels are [`Task`]s: generic over [`Lanes`], inlined into one entry
//! function per instruction set that enables its features ([`run`] and [`run_bf16`] choose it).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod bf16;
mod portable;

use super::isa::Isa;

/// Lanes of a vector, and channels of a group in the blocked layout.
pub const LANES: usize = 16;

/// Sixteen f32 numbers.
///
/// # Safety
/// All functions need the instruction set of the implementing type, which [`run`] has checked; pointers must be
/// valid for the sixteen numbers (or as many as the function says) that are read or written, and need no alignment.
#[allow(clippy::missing_safety_doc, reason = "the contract of all functions stands once, above")]
pub trait Lanes: Copy {
    /// Sixteen pairs of bf16 numbers, as [`Lanes::dot`] multiplies them.
    type Pairs: Copy;

    /// Rows of the largest micro-kernel that stays in registers.
    const ROWS: usize;
    /// Panels of sixteen columns that it computes at once.
    const PANELS: usize;

    /// The same number in every lane.
    unsafe fn splat(value: f32) -> Self;
    /// Reads sixteen numbers.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes sixteen numbers.
    unsafe fn store(self, to: *mut f32);
    /// `self + other`.
    unsafe fn add(self, other: Self) -> Self;
    /// `self - other`.
    unsafe fn sub(self, other: Self) -> Self;
    /// `self * other`.
    unsafe fn mul(self, other: Self) -> Self;
    /// `self * factor + addend`, rounded once.
    unsafe fn fma(self, factor: Self, addend: Self) -> Self;
    /// `self` where `self > other`, else `other`.
    unsafe fn max(self, other: Self) -> Self;
    /// `from - (bits >> BY)`, on the bits of each number as an integer.
    unsafe fn bits_below<const BY: u32>(self, from: u32) -> Self;
    /// 1, 0 or -1: the sign.
    unsafe fn sign(self) -> Self;
    /// `self` where `gate > 0`, else 0.
    unsafe fn where_positive(self, gate: Self) -> Self;
    /// A bit for each lane that is above zero, the lowest for the first.
    unsafe fn positive(self) -> u16;
    /// Asks for the cache line, which will soon be read; any address will do.
    unsafe fn prefetch(from: *const f32);
    /// Asks for the cache line, which will be read after a while, to the second cache; any address will do.
    unsafe fn prefetch_far(from: *const f32);
    /// Asks for the cache line, which will soon be written; any address will do.
    unsafe fn prefetch_to_write(to: *const f32);
    /// Reads the first `count` (at most sixteen) numbers; the other lanes are 0.
    unsafe fn load_part(from: *const f32, count: usize) -> Self;
    /// Writes the first `count` (at most sixteen) lanes.
    unsafe fn store_part(self, to: *mut f32, count: usize);

    /// Row `r` of the result is lane `r` of each row.
    unsafe fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// Reads sixteen bf16 numbers.
    unsafe fn load_bf16(from: *const u16) -> Self;
    /// Writes sixteen numbers rounded to bf16 (to nearest, ties to even; subnormal numbers become zero).
    unsafe fn store_bf16(self, to: *mut u16);
    /// Writes 32 numbers, its own and then the other's, as [`Lanes::store_bf16`] does.
    #[inline(always)]
    unsafe fn store_two_bf16(self, second: Self, to: *mut u16) {
        // SAFETY: the caller's promise.
        unsafe {
            self.store_bf16(to);
            second.store_bf16(to.add(LANES));
        }
    }
    /// Reads sixteen pairs, so 32 bf16 numbers.
    unsafe fn load_pairs(from: *const u16) -> Self::Pairs;
    /// Reads one pair, so two bf16 numbers, into every lane.
    unsafe fn splat_pair(from: *const u16) -> Self::Pairs;
    /// Lane by lane, the sum of `self` and the products of two pairs, as [`bf16::dot`] does it.
    unsafe fn dot(self, a: Self::Pairs, b: Self::Pairs) -> Self;
    /// The first and the second numbers of sixteen pairs; subnormal numbers become zero of their sign.
    unsafe fn widen(pairs: Self::Pairs) -> (Self, Self);
    /// Numbers of a smaller magnitude than `limit` (above zero, in all lanes) become zero of their sign; a NaN stays.
    unsafe fn zero_below(self, limit: Self) -> Self;
    /// Subnormal numbers become zero of their sign.
    #[inline(always)]
    unsafe fn flush(self) -> Self {
        // SAFETY: the caller's promise.
        unsafe { self.zero_below(Self::splat(f32::MIN_POSITIVE)) }
    }
}

/// Zero of its sign for a number of a smaller magnitude than `limit`, else the number; a NaN stays.
#[inline(always)]
pub fn zero_below(value: f32, limit: f32) -> f32 {
    if value.abs() < limit { f32::from_bits(value.to_bits() & 0x8000_0000) } else { value }
}

/// The sum of sixteen lanes: upper halves are added to lower halves until one number is left.
#[inline(always)]
pub fn sum(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// A kernel with its arguments.
pub trait Task {
    /// Runs it. Implementations are `#[inline(always)]`, as is everything that they call and that uses lanes. No closure does:
    /// nothing makes the compiler inline one, and by itself it has not the instruction set, at many times the cost.
    ///
    /// # Safety
    /// The instruction set of `L` must be available, and whatever the task says of its pointers must hold.
    unsafe fn run<L: Lanes>(self);
}

/// Runs a task with the lanes of an instruction set.
///
/// # Safety
/// `isa` must be available, and whatever the task says of its pointers must hold.
pub unsafe fn run<T: Task>(isa: Isa, task: T) {
    match isa {
        // SAFETY: the caller's promises, passed on.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { avx512::enter(task) },
        // SAFETY: the caller's promises, passed on.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { avx2::enter(task) },
        // SAFETY: plain Rust needs no instruction set; the task's promises are passed on.
        _ => unsafe { task.run::<portable::Portable>() },
    }
}

/// Runs a task that multiplies bf16 numbers, with the machine's own instruction for it where there is one.
///
/// # Safety
/// As for [`run`].
pub unsafe fn run_bf16<T: Task>(isa: Isa, task: T) {
    #[cfg(target_arch = "x86_64")]
    if isa == Isa::Avx512 && std::arch::is_x86_feature_detected!("avx512bf16") {
        // SAFETY: the feature has just been asked for; the rest is the caller's promise.
        return unsafe { avx512::enter_bf16(task) };
    }
    // SAFETY: the caller's promises, passed on.
    unsafe { run(isa, task) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::ALL;

    struct Transpose<'a>(&'a [f32], &'a mut [f32]);

    impl Task for Transpose<'_> {
        #[inline(always)]
        unsafe fn run<L: Lanes>(self) {
            // SAFETY: both hold sixteen rows of sixteen numbers.
            unsafe {
                let mut rows = [L::splat(0.0); LANES];
                for row in 0..LANES {
                    rows[row] = L::load(self.0.as_ptr().add(row * LANES));
                }
                let columns = L::transpose(rows);
                for column in 0..LANES {
                    columns[column].store(self.1.as_mut_ptr().add(column * LANES));
                }
            }
        }
    }

    struct Positive<'a>(&'a [f32; LANES], &'a mut u16);

    impl Task for Positive<'_> {
        #[inline(always)]
        unsafe fn run<L: Lanes>(self) {
            // SAFETY: there are sixteen numbers.
            *self.1 = unsafe { L::load(self.0.as_ptr()).positive() };
        }
    }

    #[test]
    fn zero_and_nan_are_not_positive_on_any_instruction_set() {
        let (tiny, nan) = (f32::from_bits(1), f32::NAN);
        let values = [1.0, -1.0, 0.0, -0.0, nan, -nan, tiny, -tiny, 2.0, 3.0, -4.0, f32::INFINITY, -5.0, 0.0, 0.5, 6.0];
        for isa in ALL.into_iter().filter(|isa| isa.available()) {
            let mut bits = 0;
            // SAFETY: the instruction set is available.
            unsafe { run(isa, Positive(&values, &mut bits)) };
            assert_eq!(bits, 0b1100_1011_0100_0001, "{isa:?}");
        }
    }

    #[test]
    fn rows_become_columns_on_every_instruction_set() {
        let rows: Vec<f32> = (0..256).map(|at| at as f32).collect();
        for isa in ALL.into_iter().filter(|isa| isa.available()) {
            let mut columns = vec![0.0; 256];
            // SAFETY: the instruction set is available, and the lengths are right.
            unsafe { run(isa, Transpose(&rows, &mut columns)) };
            assert!((0..256).all(|at| columns[at] == rows[at % 16 * 16 + at / 16]), "{isa:?}");
        }
    }
}
