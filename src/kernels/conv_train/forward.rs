//! The forward pass: data to V, V times U, products to outputs.

use rayon::prelude::*;

use super::grid::{Grid, Layout, Place};
use super::maps::{Data, FREQUENCIES, OUTPUTS, Outputs, POINTS, square};
use super::{Conv3x3, ConvKernel, ConvScratch, ConvWeights};
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
    let (rows, columns) = grid.read();
    let planes = scratch.pieces(rows * columns * LANES);
    (0..ins * layer.batch).into_par_iter().for_each(|index| {
        let (channels, image) = (index / layer.batch, index % layer.batch);
        let task = Gather { layer, grid, x, channels, image, pixels: planes.own(), v, layout: v_layout };
        // SAFETY: tasks write disjoint (channels, image), and each thread has its own pixels.
        unsafe { lanes::run(layer.isa, task) };
    });
    // SAFETY: V was filled above.
    let m = unsafe { multiply(layer, &grid, weights.kernel, m_layout, scratch) };
    let y = Shared(y.as_mut_ptr());
    let area = grid.height * grid.width;
    let pixels = scratch.pieces(area * LANES);
    scratch.positive.resize(outs * layer.batch * area, 0);
    let positive = Shared(scratch.positive.as_mut_ptr());
    (0..outs * layer.batch).into_par_iter().for_each(|index| {
        let (channels, image) = (index / layer.batch, index % layer.batch);
        let task = Scatter {
            layer,
            grid,
            m,
            layout: m_layout,
            channels,
            image,
            bias: weights.bias,
            pixels: pixels.own(),
            positive: positive.get().wrapping_add(index * area),
            y,
        };
        // SAFETY: the products were computed above; tasks write disjoint (channels, image), and each thread has its own
        // pixels.
        unsafe { lanes::run(layer.isa, task) };
    });
}

/// The products V times U, `[frequency][group of out-channels][tile][16 out-channels]`.
///
/// # Safety
///
/// The instruction set is available, the kernel is the layer's, and V is filled.
unsafe fn multiply(
    layer: &Conv3x3,
    grid: &Grid,
    kernel: &ConvKernel,
    m_layout: Layout,
    scratch: &mut ConvScratch,
) -> Shared<f32> {
    let (v_layout, u_layout) = (v_layout(layer, grid), kernel.layout());
    let (v, m) = (scratch.v.room(v_layout.len()), scratch.products.room(m_layout.len()));
    let u = Shared(kernel.u().cast_mut());
    let outs = layer.out_channels.div_ceil(LANES);
    let parts = outs.div_ceil(GROUPS);
    (0..FREQUENCIES * parts).into_par_iter().for_each(|index| {
        let (f, group) = (index / parts, index % parts * GROUPS);
        let task = Panels {
            a: v.get().wrapping_add(v_layout.at(f, 0, 0)).cast(),
            a_group: v_layout.outer * size_of::<f32>(),
            b: u.get().wrapping_add(u_layout.at(f, group, 0)).cast(),
            b_panel: u_layout.outer * size_of::<f32>(),
            c: m.get().wrapping_add(m_layout.at(f, group, 0)),
            c_panel: m_layout.outer,
            rows: grid.tiles,
            panels: GROUPS.min(outs - group),
            groups: layer.in_channels.div_ceil(LANES),
        };
        // SAFETY: V is filled; tasks write disjoint groups of a frequency.
        unsafe { lanes::run(layer.isa, task) };
    });
    m
}

/// V as `[frequency][group of in-channels][tile][16 in-channels]`.
pub(super) fn v_layout(layer: &Conv3x3, grid: &Grid) -> Layout {
    Layout::new(layer.in_channels.div_ceil(LANES), grid.groups * LANES)
}

/// Sixteen channels of an image to V.
struct Gather<'a> {
    layer: &'a Conv3x3,
    grid: Grid,
    x: &'a [f32],
    channels: usize,
    image: usize,
    /// Room for the image's pixels with their border, sixteen channels each.
    pixels: *mut f32,
    v: Shared<f32>,
    layout: Layout,
}

impl Task for Gather<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (rows, columns) = self.grid.read();
        let line = columns * LANES;
        // SAFETY: all pixels of all tiles lie in the room; the lines of these channels and tiles lie in V and are this
        // task's own.
        unsafe {
            std::ptr::write_bytes(self.pixels, 0, rows * line);
            self.by_pixels::<L>(self.pixels.add(line + LANES), line);
            let first = self.image * self.grid.of_image();
            let mut place = Place::default();
            for tile in first..first + self.grid.of_image() {
                let from = self.pixels.add(place.row * line + place.column * LANES);
                let mut d = [[L::splat(0.0); POINTS]; POINTS];
                for f in 0..FREQUENCIES {
                    d[f / POINTS][f % POINTS] = L::load(from.add(f / POINTS * line + f % POINTS * LANES));
                }
                let d = square::<L, Data>(d);
                for f in 0..FREQUENCIES {
                    d[f / POINTS][f % POINTS].store(self.v.get().add(self.layout.at(f, self.channels, tile)));
                }
                place = self.grid.after(place);
            }
            if self.image + 1 == self.layer.batch {
                // The tiles that fill up the last group take part in the gradient by weights.
                for tile in self.grid.tiles..self.grid.groups * LANES {
                    for f in 0..FREQUENCIES {
                        L::splat(0.0).store(self.v.get().add(self.layout.at(f, self.channels, tile)));
                    }
                }
            }
        }
    }
}

impl Gather<'_> {
    /// Turns sixteen planes into pixels of sixteen channels; `line` numbers from a row of these to the next.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`]; `to` has room for them.
    #[inline(always)]
    unsafe fn by_pixels<L: Lanes>(&self, to: *mut f32, line: usize) {
        let Grid { height, width, .. } = self.grid;
        let lanes = LANES.min(self.layer.in_channels - self.channels * LANES);
        let first = (self.image * self.layer.in_channels + self.channels * LANES) * height * width;
        let planes = &self.x[first..][..lanes * height * width];
        let (mut row, mut column) = (0, 0);
        let mut pixel = 0;
        while pixel < height * width {
            let count = LANES.min(height * width - pixel);
            // SAFETY: so many pixels are left in each plane, and `to` has room for them.
            unsafe {
                let mut rows = [L::splat(0.0); LANES];
                for lane in 0..lanes {
                    let from = planes.as_ptr().add(lane * height * width + pixel);
                    rows[lane] = if count == LANES { L::load(from) } else { L::load_part(from, count) };
                }
                let pixels = L::transpose(rows);
                for at in 0..LANES {
                    if at < count {
                        pixels[at].store(to.add(row * line + column * LANES));
                        column += 1;
                        if column == width {
                            (row, column) = (row + 1, 0);
                        }
                    }
                }
            }
            pixel += count;
        }
    }
}

/// Sixteen channels of an image from products to outputs.
struct Scatter<'a> {
    layer: &'a Conv3x3,
    grid: Grid,
    m: Shared<f32>,
    layout: Layout,
    channels: usize,
    image: usize,
    bias: &'a [f32],
    /// Room for the image's outputs, sixteen channels each.
    pixels: *mut f32,
    /// Where these outputs are above zero, a pixel after the other.
    positive: *mut u16,
    y: Shared<f32>,
}

impl Task for Scatter<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let Grid { height, width, .. } = self.grid;
        let lanes = LANES.min(self.layer.out_channels - self.channels * LANES);
        // SAFETY: the lines of these channels and tiles lie in the products, and a pixel of the image in the room.
        unsafe {
            let bias = L::load_part(self.bias[self.channels * LANES..].as_ptr(), lanes);
            let first = self.image * self.grid.of_image();
            let mut place = Place::default();
            for tile in first..first + self.grid.of_image() {
                let mut m = [[L::splat(0.0); POINTS]; POINTS];
                for f in 0..FREQUENCIES {
                    m[f / POINTS][f % POINTS] = L::load(self.m.get().add(self.layout.at(f, self.channels, tile)));
                }
                let m = square::<L, Outputs>(m);
                let (rows, columns) = (height - place.row, width - place.column);
                let corner = place.row * width + place.column;
                for at in 0..OUTPUTS * OUTPUTS {
                    let (row, column) = (at / OUTPUTS, at % OUTPUTS);
                    if row < rows && column < columns {
                        // In this order a NaN stays one.
                        let value = L::splat(0.0).max(m[row][column].add(bias));
                        let pixel = corner + row * width + column;
                        value.store(self.pixels.add(pixel * LANES));
                        *self.positive.add(pixel) = value.positive();
                    }
                }
                place = self.grid.after(place);
            }
            self.by_planes::<L>(lanes);
        }
    }
}

impl Scatter<'_> {
    /// Turns the pixels into planes.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`]; `y` is as long as the layer says, and the image's `lanes` planes are this task's own.
    #[inline(always)]
    unsafe fn by_planes<L: Lanes>(&self, lanes: usize) {
        let area = self.grid.height * self.grid.width;
        let first = (self.image * self.layer.out_channels + self.channels * LANES) * area;
        let mut pixel = 0;
        while pixel < area {
            let count = LANES.min(area - pixel);
            // SAFETY: so many pixels are left in the room and in each plane.
            unsafe {
                let mut rows = [L::splat(0.0); LANES];
                for at in 0..LANES {
                    if at < count {
                        rows[at] = L::load(self.pixels.add((pixel + at) * LANES));
                    }
                }
                let planes = L::transpose(rows);
                for lane in 0..LANES {
                    let to = self.y.get().wrapping_add(first + lane * area + pixel);
                    if lane < lanes && count == LANES {
                        planes[lane].store(to);
                    } else if lane < lanes {
                        planes[lane].store_part(to, count);
                    }
                }
            }
            pixel += count;
        }
    }
}
