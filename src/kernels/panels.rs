//! The product that convolutions are made of: rows of scalars times panels of sixteen columns.
//!
//! Both factors, and the result, are blocked by sixteen, so that every distance inside the micro-kernel is a constant: a
//! row is one cache line from the next (bf16: half of one). An element of the result is one sum, to which the whole
//! depth is added in its order, so its bits depend on nothing else: not on how rows, panels and depth are cut up.
//!
//! The depth is cut into parts that a core's first cache holds; all rows pass over the panels of a part before the next
//! part's turn. Panels, most of them weights, come from memory but once, and while they are multiplied, the next are
//! fetched.

use super::lanes::{LANES, Lanes, Task};

/// Bytes of a cache line, and of what a step reads of a panel.
const LINE: usize = 64;
/// Most bytes of the panels that all rows pass over.
const PART: usize = 24 << 10;
/// How many groups ahead the rows are fetched.
const GROUPS_AHEAD: usize = 2;

/// `c[p][row][lane] = sum over g and s of a[g][row][s] * b[p][g][s][lane]`, where s and lane run over 0..16. Strides of
/// `a` and `b` are counted in bytes, those of `c` in numbers.
#[derive(Clone, Copy)]
pub(crate) struct Panels {
    /// Rows, `[group][row][16]`.
    pub a: *const u8,
    /// From one group to the next.
    pub a_group: usize,
    /// Panels, `[panel][group][16 x 16]`; bf16 as pairs of rows, interleaved.
    pub b: *const u8,
    /// From one panel to the next.
    pub b_panel: usize,
    /// Results, `[panel][row][16]`.
    pub c: *mut f32,
    /// From one panel of results to the next.
    pub c_panel: usize,
    /// Rows.
    pub rows: usize,
    /// Panels.
    pub panels: usize,
    /// Groups of sixteen of the depth.
    pub groups: usize,
}

/// How one number (or one pair) of the depth is multiplied.
pub(crate) trait Step {
    /// Numbers of a row that one step uses, in bytes.
    const BYTES: usize;
    /// Steps in a group.
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

/// Rows of a block of three and of four panels, for which 32 registers suffice: the latter loads 10 vectors for 24
/// multiplications, where 14 rows of two panels load 16 for 28. Measured in f32 alone.
const THREE_PANELS_ROWS: usize = 8;
const FOUR_PANELS_ROWS: usize = 6;

/// f32, one number a step.
pub(crate) struct Single;

// SAFETY: the pointers are valid for what is read, which the block's conditions promise.
impl Step for Single {
    const BYTES: usize = 4;
    const STEPS: usize = LANES;
    type Factor<L: Lanes> = L;

    #[inline(always)]
    fn block<L: Lanes>(left: usize) -> (usize, usize) {
        match left {
            _ if L::PANELS == 1 => (1, L::ROWS),
            3 | 5 => (3, THREE_PANELS_ROWS),
            1 | 2 => (left, L::ROWS),
            _ => (4, FOUR_PANELS_ROWS),
        }
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

/// bf16, a pair a step.
pub(crate) struct Paired;

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

impl Panels {
    /// Computes it.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`]; `a`, `b` and `c` hold what the sizes and strides say, and `c` is the caller's own.
    #[inline(always)]
    pub(crate) unsafe fn multiply<L: Lanes, S: Step>(&self) {
        if self.rows == 0 {
            return;
        }
        let mut panel = 0;
        while panel < self.panels {
            let (wide, most) = S::block::<L>(self.panels - panel);
            // SAFETY: the panels are inside; the rest is the caller's promise.
            unsafe { self.columns::<L, S>(panel, wide, most) };
            panel += wide;
        }
    }

    /// Some panels: a part of the depth after the other, and of each, blocks of nearly the same number of rows.
    #[inline(always)]
    unsafe fn columns<L: Lanes, S: Step>(&self, panel: usize, wide: usize, most: usize) {
        let group = S::STEPS * LINE;
        let parts = self.groups.div_ceil(PART / (wide * group));
        let blocks = self.rows.div_ceil(most);
        let lines = S::STEPS.div_ceil(blocks);
        let (b, c) = (self.b.wrapping_add(panel * self.b_panel), self.c.wrapping_add(panel * self.c_panel));
        for part in 0..parts {
            let first = self.groups * part / parts;
            let groups = self.groups * (part + 1) / parts - first;
            // What is multiplied next: more of these panels, or the panels behind them.
            let next = if part + 1 < parts { (first + groups) * group } else { wide * self.b_panel };
            for block in 0..blocks {
                let from = self.rows * block / blocks;
                let to = self.rows * (block + 1) / blocks;
                let block = Block {
                    left: self.a.wrapping_add(first * self.a_group + from * S::BYTES * S::STEPS),
                    left_group: self.a_group,
                    groups,
                    right: b.wrapping_add(first * group),
                    panel: self.b_panel,
                    out: c.wrapping_add(from * LANES),
                    out_panel: self.c_panel,
                    begun: part > 0,
                    next: b.wrapping_add(next + block * groups * lines * LINE),
                    lines,
                };
                // SAFETY: the rows, panels and groups are inside.
                unsafe {
                    match wide {
                        4 => block.by_rows::<L, S, 4>(to - from),
                        3 => block.by_rows::<L, S, 3>(to - from),
                        2 => block.by_rows::<L, S, 2>(to - from),
                        _ => block.by_rows::<L, S, 1>(to - from),
                    }
                }
            }
        }
    }
}

/// Run as a task, the numbers are f32.
///
/// SAFETY of running it: that of [`Panels::multiply`].
impl Task for Panels {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the caller's promise.
        unsafe { self.multiply::<L, Single>() }
    }
}

/// Some rows by one to four panels. Pointers are at its first element; lengths are in bytes, but `out_panel` in numbers.
#[derive(Clone, Copy)]
struct Block {
    left: *const u8,
    left_group: usize,
    groups: usize,
    right: *const u8,
    panel: usize,
    out: *mut f32,
    out_panel: usize,
    /// Whether `out` holds the sums of the groups before these.
    begun: bool,
    /// What is multiplied soon: for each group, so many lines of each panel are fetched to the second cache.
    next: *const u8,
    lines: usize,
}

impl Block {
    #[inline(always)]
    unsafe fn by_rows<L: Lanes, S: Step, const P: usize>(self, rows: usize) {
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

    /// The micro-kernel: R x P sums in registers, which begin at zero or go on from what is there.
    #[inline(always)]
    unsafe fn kernel<L: Lanes, S: Step, const R: usize, const P: usize>(self) {
        let most = match P {
            1 => L::ROWS,
            _ if L::PANELS == 1 => 0,
            2 => L::ROWS,
            3 => THREE_PANELS_ROWS,
            _ => FOUR_PANELS_ROWS,
        };
        if R > most {
            return;
        }
        let row = S::BYTES * S::STEPS;
        // SAFETY: every row of every group, and every step of every panel, is inside by the caller's conditions.
        unsafe {
            let mut sums = [[L::splat(0.0); P]; R];
            if self.begun {
                for (r, sums) in sums.iter_mut().enumerate() {
                    for (p, sum) in sums.iter_mut().enumerate() {
                        *sum = L::load(self.out.add(p * self.out_panel + r * LANES));
                    }
                }
            }
            let (mut left, mut right, mut next) = (self.left, self.right, self.next);
            for _ in 0..self.groups {
                for r in (0..R).step_by(LINE / row) {
                    L::prefetch(left.wrapping_add(GROUPS_AHEAD * self.left_group + r * row).cast());
                }
                for _ in 0..self.lines {
                    for p in 0..P {
                        L::prefetch_far(next.wrapping_add(p * self.panel).cast());
                    }
                    next = next.wrapping_add(LINE);
                }
                for step in 0..S::STEPS {
                    let mut columns = [S::load::<L>(right); P];
                    for (p, column) in columns.iter_mut().enumerate().skip(1) {
                        *column = S::load::<L>(right.add(p * self.panel));
                    }
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let factor = S::spread::<L>(left.add(r * row + step * S::BYTES));
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = S::accumulate::<L>(*sum, factor, column);
                        }
                    }
                    right = right.add(LINE);
                }
                left = left.add(self.left_group);
            }
            for (r, sums) in sums.iter().enumerate() {
                for (p, sum) in sums.iter().enumerate() {
                    sum.store(self.out.add(p * self.out_panel + r * LANES));
                }
            }
        }
    }
}
