//! The forward pass: data to V, V times U, products to outputs.

use rayon::prelude::*;

use super::grid::{Grid, Layout};
use super::maps::{Data, FREQUENCIES, OUTPUTS, Outputs, POINTS, square};
use super::{Conv3x3, ConvScratch, ConvWeights};
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::panels::Panels;
use crate::kernels::shared::Shared;

/// Out-channel groups to a task of the products: with 512 channels a frequency is four tasks.
const GROUPS: usize = 8;

/// y = relu(conv(x, w) + b); leaves V in the scratch.
///
/// # Safety
///
/// The instruction set is available, and all lengths are those of the layer.
pub(super) unsafe fn run(
    layer: &Conv3x3,
    x: &[f32],
    weights: ConvWeights<'_>,
    y: &mut [f32],
    scratch: &mut ConvScratch,
) {
    let grid = Grid::new(layer);
    let (ins, outs) = (layer.in_channels.div_ceil(LANES), layer.out_channels.div_ceil(LANES));
    let (v_layout, m_layout) = (v_layout(layer, &grid), Layout::new(outs, grid.groups * LANES));
    let v = scratch.v.room(v_layout.len());
    (0..ins * grid.groups).into_par_iter().for_each(|index| {
        let task =
            Gather { layer, grid, x, channels: index / grid.groups, tiles: index % grid.groups, v, layout: v_layout };
        // SAFETY: tasks write disjoint (channels, tiles).
        unsafe { lanes::run(layer.isa, task) };
    });
    let m = scratch.products.room(m_layout.len());
    let (u, u_layout) = (Shared(weights.kernel.u().cast_mut()), weights.kernel.layout());
    let parts = outs.div_ceil(GROUPS);
    (0..FREQUENCIES * parts).into_par_iter().for_each(|index| {
        let (f, group) = (index / parts, index % parts * GROUPS);
        let task = Panels {
            a: v.get().wrapping_add(v_layout.at(f, 0, 0)),
            a_group: v_layout.outer,
            b: u.get().wrapping_add(u_layout.at(f, group, 0)),
            b_panel: u_layout.outer,
            c: m.get().wrapping_add(m_layout.at(f, group, 0)),
            c_panel: m_layout.outer,
            rows: grid.tiles,
            panels: GROUPS.min(outs - group),
            groups: ins,
        };
        // SAFETY: V was filled above; tasks write disjoint groups of a frequency.
        unsafe { lanes::run(layer.isa, task) };
    });
    let y = Shared(y.as_mut_ptr());
    (0..outs * grid.groups).into_par_iter().for_each(|index| {
        let (channels, tiles) = (index / grid.groups, index % grid.groups);
        let task = Scatter { layer, grid, m, layout: m_layout, channels, tiles, bias: weights.bias, y };
        // SAFETY: the products were computed above; tasks write disjoint (channels, tiles).
        unsafe { lanes::run(layer.isa, task) };
    });
}

/// V as `[frequency][group of in-channels][tile][16 in-channels]`.
pub(super) fn v_layout(layer: &Conv3x3, grid: &Grid) -> Layout {
    Layout::new(layer.in_channels.div_ceil(LANES), grid.groups * LANES)
}

/// Sixteen channels of sixteen tiles to V.
struct Gather<'a> {
    layer: &'a Conv3x3,
    grid: Grid,
    x: &'a [f32],
    channels: usize,
    tiles: usize,
    v: Shared<f32>,
    layout: Layout,
}

impl Task for Gather<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let mut tile = self.tiles * LANES;
        let end = tile + LANES;
        while tile < end {
            let mut window = [[0.0f32; LANES]; FREQUENCIES];
            if tile < self.grid.tiles {
                self.window(tile, &mut window);
            }
            // SAFETY: the lines of these channels and this tile lie in V and are this task's own.
            unsafe {
                let mut d = [[L::splat(0.0); POINTS]; POINTS];
                for f in 0..FREQUENCIES {
                    d[f / POINTS][f % POINTS] = L::load(window[f].as_ptr());
                }
                let d = square::<L, Data>(d);
                for f in 0..FREQUENCIES {
                    d[f / POINTS][f % POINTS].store(self.v.get().add(self.layout.at(f, self.channels, tile)));
                }
            }
            tile += 1;
        }
    }
}

impl Gather<'_> {
    /// The 5 x 5 pixels under a tile, outside the image zero, channel by channel.
    #[inline(always)]
    fn window(&self, tile: usize, window: &mut [[f32; LANES]; FREQUENCIES]) {
        let Grid { height, width, .. } = self.grid;
        let at = self.grid.place(tile);
        let rows = usize::from(at.row == 0)..POINTS.min(height + 1 - at.row);
        let columns = usize::from(at.column == 0)..POINTS.min(width + 1 - at.column);
        let first = at.image * self.layer.in_channels + self.channels * LANES;
        let lanes = LANES.min(self.layer.in_channels - self.channels * LANES);
        for lane in 0..lanes {
            let plane = &self.x[(first + lane) * height * width..][..height * width];
            for row in rows.clone() {
                let from = (at.row + row - 1) * width + at.column;
                let line = &plane[from + columns.start - 1..][..columns.len()];
                for (column, &value) in columns.clone().zip(line) {
                    window[row * POINTS + column][lane] = value;
                }
            }
        }
    }
}

/// Sixteen channels of sixteen tiles from products to outputs.
struct Scatter<'a> {
    layer: &'a Conv3x3,
    grid: Grid,
    m: Shared<f32>,
    layout: Layout,
    channels: usize,
    tiles: usize,
    bias: &'a [f32],
    y: Shared<f32>,
}

impl Task for Scatter<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let lanes = LANES.min(self.layer.out_channels - self.channels * LANES);
        for tile in self.grid.of_group(self.tiles) {
            let mut outputs = [[0.0f32; LANES]; OUTPUTS * OUTPUTS];
            // SAFETY: the lines of these channels and this tile lie in the products.
            unsafe {
                let bias = L::load_part(self.bias[self.channels * LANES..].as_ptr(), lanes);
                let mut m = [[L::splat(0.0); POINTS]; POINTS];
                for f in 0..FREQUENCIES {
                    m[f / POINTS][f % POINTS] = L::load(self.m.get().add(self.layout.at(f, self.channels, tile)));
                }
                let m = square::<L, Outputs>(m);
                for at in 0..OUTPUTS * OUTPUTS {
                    // In this order a NaN stays one.
                    let value = L::splat(0.0).max(m[at / OUTPUTS][at % OUTPUTS].add(bias));
                    value.store(outputs[at].as_mut_ptr());
                }
                self.write(tile, lanes, &outputs);
            }
        }
    }
}

impl Scatter<'_> {
    /// # Safety
    ///
    /// `y` is as long as the layer says, and the tile is this task's own.
    #[inline(always)]
    unsafe fn write(&self, tile: usize, lanes: usize, outputs: &[[f32; LANES]; OUTPUTS * OUTPUTS]) {
        let Grid { height, width, .. } = self.grid;
        let at = self.grid.place(tile);
        let (rows, columns) = (OUTPUTS.min(height - at.row), OUTPUTS.min(width - at.column));
        let first = at.image * self.layer.out_channels + self.channels * LANES;
        for lane in 0..lanes {
            let plane = (first + lane) * height * width + at.row * width + at.column;
            for row in 0..rows {
                for column in 0..columns {
                    // SAFETY: the pixel lies in the image, the image in the batch.
                    unsafe { *self.y.get().add(plane + row * width + column) = outputs[row * OUTPUTS + column][lane] };
                }
            }
        }
    }
}
