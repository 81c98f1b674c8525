//! The products: for each frequency, tiles x in-channels times in-channels x out-channels.
//!
//! The left factor is read by broadcasts, straight from the [`Spectrum`] that the input transform has written. The right
//! one is packed once, `[frequency][group of out-channels][in-channel][16]` (bf16: pairs of in-channels interleaved).

use super::grid::{Family, Shapes, users};
use super::tiles::Spectrum;
use crate::kernels::lanes::{LANES, Lanes, Task};
use crate::kernels::panels::{Paired, Panels, Single, Step};

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
        let (edge, bytes) = (self.left_layout.edge, self.left_layout.element.bytes());
        for frequency in 0..edge * edge {
            let rows = users(self.family, self.shapes, (frequency / edge, frequency % edge));
            let panel = self.in_groups * LANES * LANES;
            // SAFETY: the task's own conditions.
            unsafe {
                let product = Panels {
                    a: self.left.add((frequency * self.left_layout.frequency + rows.start * LANES) * bytes),
                    a_group: self.left_layout.group * bytes,
                    b: self.right.add((frequency * self.right_frequency + self.panels.start * panel) * bytes),
                    b_panel: panel * bytes,
                    c: self.out.add(frequency * self.out_layout.frequency + rows.start * LANES),
                    c_panel: self.out_layout.group,
                    rows: rows.len(),
                    panels: self.panels.len(),
                    groups: self.in_groups,
                };
                product.multiply::<L, S>();
            }
        }
    }
}
