//! The gradient by weights: V with M, block by block, straight into the weights and from there to U.

use rayon::prelude::*;

use super::by_output::m_layout;
use super::forward::v_layout;
use super::grid::{Grid, Layout};
use super::kernel::Refresh;
use super::maps::{FREQUENCIES, FilterBack, POINTS, square};
use super::{Conv3x3, ConvKernel, ConvScratch};
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::optimizer::Target;
use crate::kernels::panels::Panels;

/// Out-channels, and groups of in-channels, of a block of the gradient by weights: its 25 frequencies are 200 KiB, so
/// that they stay in a core's second cache until they are transformed.
const BLOCK: (usize, usize) = (64, 2);

// The new weights of a block are whole groups of out-channels of U.
const _: () = assert!(BLOCK.0.is_multiple_of(LANES));

/// The gradient by weights, from V and M, block by block into the target; where it updates the weights, `kernel` takes over the new
/// ones.
///
/// # Safety
///
/// The instruction set is available, V and M are filled, and the target is of the layer's weights.
pub(super) unsafe fn run(layer: &Conv3x3, target: &Target, kernel: Option<&mut ConvKernel>, scratch: &mut ConvScratch) {
    let refresh = kernel.map(ConvKernel::refresh);
    let grid = Grid::new(layer);
    let (v_layout, m_layout) = (v_layout(layer, &grid), m_layout(layer, &grid));
    let (v, m) = (scratch.v.room(v_layout.len()), scratch.m.room(m_layout.len()));
    let blocks = scratch.pieces(FREQUENCIES * BLOCK.0 * BLOCK.1 * LANES);
    let across = layer.in_channels.div_ceil(BLOCK.1 * LANES);
    (0..layer.out_channels.div_ceil(BLOCK.0) * across).into_par_iter().for_each(|index| {
        let (out, group) = (index / across * BLOCK.0, index % across * BLOCK.1);
        let block = Block {
            layer,
            grid,
            target,
            refresh,
            v: v.get().wrapping_add(v_layout.at(0, group, 0)),
            v_layout,
            m: m.get().wrapping_add(m_layout.at(0, 0, out)),
            m_layout,
            block: blocks.own(),
            outs: out..layer.out_channels.min(out + BLOCK.0),
            groups: group..layer.in_channels.div_ceil(LANES).min(group + BLOCK.1),
        };
        // SAFETY: V and M are filled; tasks take disjoint weights, and each thread has its own block.
        unsafe { lanes::run(layer.isa, block) };
    });
}

/// Some out-channels by some groups of in-channels of the gradient by weights.
struct Block<'a> {
    layer: &'a Conv3x3,
    grid: Grid,
    target: &'a Target,
    refresh: Option<Refresh>,
    v: *const f32,
    v_layout: Layout,
    m: *const f32,
    m_layout: Layout,
    /// `[frequency][group of in-channels][out-channel][16 in-channels]`.
    block: *mut f32,
    outs: std::ops::Range<usize>,
    groups: std::ops::Range<usize>,
}

impl Task for Block<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let panel = self.outs.len() * LANES;
        let frequency = self.groups.len() * panel;
        // SAFETY: the caller's promise: the block is this thread's own, V and M hold what is read.
        unsafe {
            for f in 0..FREQUENCIES {
                let product = Panels {
                    a: self.m.wrapping_add(f * self.m_layout.frequency).cast(),
                    a_group: self.m_layout.outer * size_of::<f32>(),
                    b: self.v.wrapping_add(f * self.v_layout.frequency).cast(),
                    b_panel: self.v_layout.outer * size_of::<f32>(),
                    c: self.block.wrapping_add(f * frequency),
                    c_panel: panel,
                    rows: self.outs.len(),
                    panels: self.groups.len(),
                    groups: self.grid.groups,
                };
                product.run::<L>();
            }
            for row in 0..self.outs.len() {
                self.filters::<L>(row, panel, frequency);
            }
            if let (Some(refresh), Some(weights)) = (self.refresh, self.target.weights()) {
                for group in self.outs.start / LANES..self.outs.end.div_ceil(LANES) {
                    refresh.take::<L>(weights, group, self.channels());
                }
            }
        }
    }
}

impl Block<'_> {
    /// In-channels.
    fn channels(&self) -> std::ops::Range<usize> {
        self.groups.start * LANES..self.layer.in_channels.min(self.groups.end * LANES)
    }

    /// The filters of one out-channel: from the Winograd domain to nine taps, to OIHW, to the target.
    #[inline(always)]
    unsafe fn filters<L: Lanes>(&self, row: usize, panel: usize, frequency: usize) {
        let channels = self.channels();
        let offset = ((self.outs.start + row) * self.layer.in_channels + channels.start) * 9;
        let count = channels.len() * 9;
        // Nine of a line's sixteen numbers are a filter; those behind it are overwritten by the next.
        let mut filters = [0.0f32; BLOCK.1 * LANES * 9 + LANES - 9];
        // SAFETY: the caller's promise.
        unsafe {
            self.target.prefetch::<L>(offset + self.layer.in_channels * 9, count);
            for group in 0..self.groups.len() {
                let from = self.block.wrapping_add(group * panel + row * LANES);
                let mut tile = [[L::splat(0.0); POINTS]; POINTS];
                for f in 0..FREQUENCIES {
                    tile[f / POINTS][f % POINTS] = L::load(from.add(f * frequency));
                }
                let tile = square::<L, FilterBack>(tile);
                let mut taps = [L::splat(0.0); LANES];
                for tap in 0..9 {
                    taps[tap] = tile[tap / 3][tap % 3];
                }
                let lines = L::transpose(taps);
                for lane in 0..LANES {
                    lines[lane].store(filters.as_mut_ptr().add((group * LANES + lane) * 9));
                }
            }
            self.target.take::<L>(filters.as_ptr(), offset, count);
        }
    }
}
