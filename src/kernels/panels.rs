//! The product of the trained convolutions: rows of scalars times panels of sixteen columns.
//!
//! Both factors, and the result, are blocked by sixteen, so that every distance inside the micro-kernel is a constant:
//! a row is 16 numbers, one cache line, from the next. A result stays in one register while the whole depth passes in
//! its order, so its bits depend on nothing else.

use super::lanes::{LANES, Lanes, Task};

/// `c[p][row][lane] = sum over g and s of a[g][row][s] * b[p][g][s][lane]`, where s and lane run over 0..16.
///
/// SAFETY of running it: `a` holds `groups` groups, `a_group` numbers apart, of `rows` rows; `b` holds `panels` panels,
/// `b_panel` apart, of `groups` x 256 numbers; `c` holds `panels` panels, `c_panel` apart, of `rows` rows, and is this
/// task's own.
#[derive(Clone, Copy)]
pub(crate) struct Panels {
    pub a: *const f32,
    pub a_group: usize,
    pub b: *const f32,
    pub b_panel: usize,
    pub c: *mut f32,
    pub c_panel: usize,
    pub rows: usize,
    pub panels: usize,
    pub groups: usize,
}

impl Task for Panels {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let mut panel = 0;
        while panel < self.panels {
            let left = self.panels - panel;
            // SAFETY: the panels are inside; the rest is the task's own condition.
            unsafe {
                if L::PANELS == 1 || left == 1 {
                    self.columns::<L, 1>(panel, L::ROWS);
                    panel += 1;
                } else if left % 2 == 1 {
                    self.columns::<L, 3>(panel, THREE_PANELS_ROWS);
                    panel += 3;
                } else {
                    self.columns::<L, 2>(panel, L::ROWS);
                    panel += 2;
                }
            }
        }
    }
}

/// Rows by three panels that stay in 32 registers: an odd number of panels ends with three rather than one, which
/// would load a scalar for every multiplication.
const THREE_PANELS_ROWS: usize = 8;

/// Groups of the depth that are multiplied at once: two panels of them are 16 KiB, and stay in a core's first cache
/// while all rows pass.
const DEPTH: usize = 9;

#[derive(Clone, Copy)]
struct Ahead {
    from: usize,
    lines: usize,
}

impl Panels {
    /// P panels: a part of the depth after the other, and of each, blocks of nearly the same number of rows.
    #[inline(always)]
    unsafe fn columns<L: Lanes, const P: usize>(self, panel: usize, most: usize) {
        let (blocks, parts) = (self.rows.div_ceil(most), self.groups.div_ceil(DEPTH));
        let mut part = 0;
        while part < parts {
            let first = self.groups * part / parts;
            let groups = self.groups * (part + 1) / parts - first;
            let lines = LANES.div_ceil(blocks);
            let next = if part + 1 < parts { groups * LANES * LANES } else { P * self.b_panel - first * LANES * LANES };
            let mut block = 0;
            while block < blocks {
                let from = self.rows * block / blocks;
                let to = self.rows * (block + 1) / blocks;
                let ahead = Ahead { from: next + block * groups * lines * LANES, lines };
                let piece = Self {
                    a: self.a.wrapping_add(first * self.a_group + from * LANES),
                    b: self.b.wrapping_add(panel * self.b_panel + first * LANES * LANES),
                    c: self.c.wrapping_add(panel * self.c_panel + from * LANES),
                    groups,
                    ..self
                };
                // SAFETY: the rows, panels and groups are inside.
                unsafe { piece.by_rows::<L, P>(to - from, part > 0, ahead) };
                block += 1;
            }
            part += 1;
        }
    }

    #[inline(always)]
    unsafe fn by_rows<L: Lanes, const P: usize>(self, rows: usize, go_on: bool, ahead: Ahead) {
        macro_rules! choose {
            ($($n:literal)*) => {
                match rows {
                    // SAFETY: the caller's block has so many rows.
                    $($n => unsafe { self.kernel::<L, $n, P>(go_on, ahead) },)*
                    _ => unreachable!("a block has at most 14 rows"),
                }
            };
        }
        choose!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    }

    /// The micro-kernel: R x P sums in registers, which begin at zero or go on from what is there.
    #[inline(always)]
    unsafe fn kernel<L: Lanes, const R: usize, const P: usize>(self, go_on: bool, ahead: Ahead) {
        if R > L::ROWS || P > L::PANELS + 1 || (P == 3 && R > THREE_PANELS_ROWS) || (P > 1 && L::PANELS == 1) {
            return;
        }
        // SAFETY: every row of every group, and every step of every panel, is inside by the task's conditions.
        unsafe {
            let mut sums = [[L::splat(0.0); P]; R];
            if go_on {
                for r in 0..R {
                    for p in 0..P {
                        sums[r][p] = L::load(self.c.add(p * self.c_panel + r * LANES));
                    }
                }
            }
            let (mut a, mut b) = (self.a, self.b);
            let mut soon = b.wrapping_add(ahead.from);
            for _ in 0..self.groups {
                let next = a.wrapping_add(self.a_group);
                for r in 0..R {
                    L::prefetch(next.wrapping_add(r * LANES));
                }
                for _ in 0..ahead.lines {
                    for p in 0..P {
                        L::prefetch(soon.wrapping_add(p * self.b_panel));
                    }
                    soon = soon.wrapping_add(LANES);
                }
                for step in 0..LANES {
                    let mut columns = [L::load(b); P];
                    for p in 1..P {
                        columns[p] = L::load(b.add(p * self.b_panel));
                    }
                    for r in 0..R {
                        let factor = L::splat(*a.add(r * LANES + step));
                        for p in 0..P {
                            sums[r][p] = factor.fma(columns[p], sums[r][p]);
                        }
                    }
                    b = b.wrapping_add(LANES);
                }
                a = next;
            }
            for r in 0..R {
                for p in 0..P {
                    sums[r][p].store(self.c.add(p * self.c_panel + r * LANES));
                }
            }
        }
    }
}
