//! The products: for each frequency, tiles x in-channels times in-channels x out-channels.
//!
//! The left factor is read by broadcasts, straight from the [`Spectrum`] that the input transform has written; its
//! rows, the tiles, lie sixteen numbers apart, so every row of a micro-kernel has a constant offset. The right one
//! is packed once, `[frequency][group of out-channels][in-channel][16]` (bf16: pairs of in-channels interleaved).
//! An output element stays in one register while all in-channels pass in their order: its bits depend on nothing else.

use super::grid::{Family, Shapes, users};
use super::tiles::Spectrum;
use crate::kernels::lanes::{LANES, Lanes, Task};

/// How far ahead of the weights in use the next ones are fetched: sixteen steps, about the latency of the memory.
const BYTES_AHEAD: usize = 1024;
/// How many groups of in-channels ahead the tiles are fetched.
const GROUPS_AHEAD: usize = 2;

/// All products of an item: its tiles by a range of out-channel groups.
///
/// SAFETY of running it: `left` holds `left_layout` with `in_groups` groups; `right` holds, for each frequency,
/// `right_frequency` numbers, of which the panels of `panels` are used, each `in_groups * 256` long; `out` is this
/// task's own and holds `out_layout` for as many groups as `panels`.
pub struct Products {
    /// Decides which tiles use a frequency.
    pub family: Family,
    /// Tiles of each shape.
    pub shapes: Shapes,
    /// Transformed inputs.
    pub left: *const u8,
    /// Their layout.
    pub left_layout: Spectrum,
    /// Groups of in-channels.
    pub in_groups: usize,
    /// Transformed weights.
    pub right: *const u8,
    /// Numbers from one frequency of them to the next.
    pub right_frequency: usize,
    /// Groups of out-channels to compute.
    pub panels: std::ops::Range<usize>,
    /// Where the products go.
    pub out: *mut f32,
    /// Their layout.
    pub out_layout: Spectrum,
}

/// Runs all products of f32 numbers. It and [`InBf16`] are two tasks, so that neither's constants take registers from
/// the other's sums.
pub struct InF32(pub Products);

impl Task for InF32 {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the task's own conditions.
        unsafe { self.0.all::<L, Single>() }
    }
}

/// Runs all products of bf16 numbers.
pub struct InBf16(pub Products);

impl Task for InBf16 {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the task's own conditions.
        unsafe { self.0.all::<L, Paired>() }
    }
}

impl Products {
    #[inline(always)]
    unsafe fn all<L: Lanes, S: Step>(&self) {
        let edge = self.left_layout.edge;
        for frequency in 0..edge * edge {
            let rows = users(self.family, self.shapes, (frequency / edge, frequency % edge));
            // SAFETY: the task's own conditions.
            unsafe { self.frequency::<L, S>(frequency, rows) };
        }
    }

    #[inline(always)]
    unsafe fn frequency<L: Lanes, S: Step>(&self, frequency: usize, rows: std::ops::Range<usize>) {
        let bytes = self.left_layout.element.bytes();
        let mut panel = 0;
        while panel < self.panels.len() {
            let (wide, most) = S::block::<L>(self.panels.len() - panel);
            let panel_length = self.in_groups * LANES * LANES;
            // SAFETY: the task's own conditions.
            let (left, right, out) = unsafe {
                (
                    self.left.add(frequency * self.left_layout.frequency * bytes),
                    self.right
                        .add((frequency * self.right_frequency + (self.panels.start + panel) * panel_length) * bytes),
                    self.out.add(frequency * self.out_layout.frequency + panel * self.out_layout.group),
                )
            };
            let blocks = rows.len().div_ceil(most);
            for block in 0..blocks {
                let from = rows.start + rows.len() * block / blocks;
                let to = rows.start + rows.len() * (block + 1) / blocks;
                // SAFETY: the rows and panels are inside.
                unsafe {
                    let block = Block {
                        left: left.add(from * LANES * bytes),
                        left_group: self.left_layout.group * bytes,
                        groups: self.in_groups,
                        right,
                        panel: panel_length * bytes,
                        out: out.add(from * LANES),
                        out_group: self.out_layout.group,
                    };
                    match wide {
                        4 => block.by_rows::<L, S, 4>(to - from),
                        2 => block.by_rows::<L, S, 2>(to - from),
                        _ => block.by_rows::<L, S, 1>(to - from),
                    }
                }
            }
            panel += wide;
        }
    }
}

/// How one number (or one pair) of in-channels is multiplied.
pub(super) trait Step {
    /// Numbers of a row that one step uses.
    const BYTES: usize;
    /// Steps in a group of sixteen in-channels.
    const STEPS: usize;
    /// What is multiplied.
    type Factor<L: Lanes>: Copy;

    /// Panels of the next block where so many are left, and its most rows.
    #[inline(always)]
    fn block<L: Lanes>(left: usize) -> (usize, usize) {
        (L::PANELS.min(left), L::ROWS)
    }

    unsafe fn spread<L: Lanes>(from: *const u8) -> Self::Factor<L>;
    unsafe fn load<L: Lanes>(from: *const u8) -> Self::Factor<L>;
    unsafe fn accumulate<L: Lanes>(sum: L, a: Self::Factor<L>, b: Self::Factor<L>) -> L;
}

/// Rows of a block of four panels, which has 32 registers: it loads 10 vectors for 24 multiplications, where 14 rows of two
/// panels load 16 for 28. Measured in f32 alone.
const FOUR_PANELS_ROWS: usize = 6;

/// f32, one in-channel a step.
pub(super) struct Single;

// SAFETY: the pointers are valid for what is read, which the block's conditions promise.
impl Step for Single {
    const BYTES: usize = 4;
    const STEPS: usize = LANES;
    type Factor<L: Lanes> = L;

    #[inline(always)]
    fn block<L: Lanes>(left: usize) -> (usize, usize) {
        if L::PANELS > 1 && left >= 4 { (4, FOUR_PANELS_ROWS) } else { (L::PANELS.min(left), L::ROWS) }
    }

    #[inline(always)]
    unsafe fn spread<L: Lanes>(from: *const u8) -> L {
        unsafe { L::splat(from.cast::<f32>().read()) }
    }

    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const u8) -> L {
        unsafe { L::load(from.cast()) }
    }

    #[inline(always)]
    unsafe fn accumulate<L: Lanes>(sum: L, a: L, b: L) -> L {
        unsafe { a.fma(b, sum) }
    }
}

/// bf16, a pair of in-channels a step.
pub(super) struct Paired;

// SAFETY: the pointers are valid for what is read, which the block's conditions promise.
impl Step for Paired {
    const BYTES: usize = 4;
    const STEPS: usize = LANES / 2;
    type Factor<L: Lanes> = L::Pairs;

    #[inline(always)]
    unsafe fn spread<L: Lanes>(from: *const u8) -> L::Pairs {
        unsafe { L::splat_pair(from.cast()) }
    }

    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const u8) -> L::Pairs {
        unsafe { L::load_pairs(from.cast()) }
    }

    #[inline(always)]
    unsafe fn accumulate<L: Lanes>(sum: L, a: L::Pairs, b: L::Pairs) -> L {
        unsafe { sum.dot(a, b) }
    }
}

/// One block of rows by one, two or four panels. Pointers are at its first element; lengths are in bytes, but `out_group`
/// in numbers.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) left: *const u8,
    pub(super) left_group: usize,
    pub(super) groups: usize,
    pub(super) right: *const u8,
    pub(super) panel: usize,
    pub(super) out: *mut f32,
    pub(super) out_group: usize,
}

impl Block {
    #[inline(always)]
    pub(super) unsafe fn by_rows<L: Lanes, S: Step, const P: usize>(self, rows: usize) {
        macro_rules! choose {
            ($($n:literal)*) => {
                match rows {
                    // SAFETY: the caller's block has so many rows.
                    $($n => unsafe { self.kernel::<L, S, $n, P>() },)*
                    _ => unreachable!("a block has at most {} rows", L::ROWS),
                }
            };
        }
        choose!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    }

    /// The micro-kernel: R x P sums in registers.
    #[inline(always)]
    unsafe fn kernel<L: Lanes, S: Step, const R: usize, const P: usize>(self) {
        if R > L::ROWS || (P > L::PANELS && (L::PANELS == 1 || R > FOUR_PANELS_ROWS)) {
            return;
        }
        let row = S::BYTES * S::STEPS;
        // SAFETY: every row of every group, and every step of every panel, is inside by the caller's conditions.
        unsafe {
            let mut sums = [[L::splat(0.0); P]; R];
            let (mut left, mut right) = (self.left, self.right);
            for _ in 0..self.groups {
                for r in (0..R).step_by(64 / row) {
                    L::prefetch(left.wrapping_add(GROUPS_AHEAD * self.left_group + r * row).cast());
                }
                for step in 0..S::STEPS {
                    let mut columns = [S::load::<L>(right); P];
                    for (p, column) in columns.iter_mut().enumerate().skip(1) {
                        *column = S::load::<L>(right.add(p * self.panel));
                    }
                    for p in 0..P {
                        L::prefetch(right.wrapping_add(p * self.panel + BYTES_AHEAD).cast());
                    }
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let factor = S::spread::<L>(left.add(r * row + step * S::BYTES));
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = S::accumulate::<L>(*sum, factor, column);
                        }
                    }
                    right = right.add(LANES * 4);
                }
                left = left.add(self.left_group);
            }
            for (r, sums) in sums.iter().enumerate() {
                for (p, sum) in sums.iter().enumerate() {
                    sum.store(self.out.add(p * self.out_group + r * LANES));
                }
            }
        }
    }
}
