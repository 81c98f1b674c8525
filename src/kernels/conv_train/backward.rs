//! The backward pass: gradient by outputs to M, M with U to the gradient by input, V with M to that by weights.

use rayon::prelude::*;

use super::forward::v_layout;
use super::grid::{Grid, Layout, Place};
use super::kernel::Refresh;
use super::maps::{DataBack, FREQUENCIES, FilterBack, OUTPUTS, OutputsBack, POINTS, square};
use super::{Conv3x3, ConvKernel, ConvScratch};
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::optimizer::Target;
use crate::kernels::panels::Panels;
use crate::kernels::shared::Shared;

/// M as `[frequency][group of tiles][out-channel][16 tiles]`.
fn m_layout(layer: &Conv3x3, grid: &Grid) -> Layout {
    Layout::new(grid.groups, layer.out_channels.next_multiple_of(LANES))
}

/// Fills M, and the gradient by bias, from the gradient by output.
///
/// # Safety
///
/// The instruction set is available, and all lengths are those of the layer.
pub(super) unsafe fn by_output(layer: &Conv3x3, dy: &[f32], db: &mut [f32], scratch: &mut ConvScratch) {
    let grid = Grid::new(layer);
    let layout = m_layout(layer, &grid);
    let m = scratch.m.room(layout.len());
    let (db, positive) = (Shared(db.as_mut_ptr()), &scratch.positive[..]);
    (0..layer.out_channels.next_multiple_of(LANES)).into_par_iter().with_min_len(4).for_each(|channel| {
        // SAFETY: tasks write disjoint channels.
        unsafe { lanes::run(layer.isa, Spread { layer, grid, dy, positive, channel, m, layout, db }) };
    });
}

/// One channel of the gradient by outputs, of all tiles, to M; its sum is the gradient by the channel's bias.
struct Spread<'a> {
    layer: &'a Conv3x3,
    grid: Grid,
    dy: &'a [f32],
    /// See [`ConvScratch`].
    positive: &'a [u16],
    channel: usize,
    m: Shared<f32>,
    layout: Layout,
    db: Shared<f32>,
}

impl Task for Spread<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let exists = self.channel < self.layer.out_channels;
        // SAFETY: the lines of this channel lie in M and are this task's own.
        unsafe {
            let mut bias = L::splat(0.0);
            let mut place = Place::default();
            for group in 0..self.grid.groups {
                let mut pixels = [[0.0f32; LANES]; OUTPUTS * OUTPUTS];
                if exists {
                    for lane in 0..self.grid.of_group(group).len() {
                        self.pixels::<L>(place, lane, &mut pixels);
                        place = self.grid.after(place);
                    }
                }
                let mut tile = [[L::splat(0.0); POINTS]; POINTS];
                for at in 0..OUTPUTS * OUTPUTS {
                    let pixel = L::load(pixels[at].as_ptr());
                    bias = bias.add(pixel);
                    tile[at / OUTPUTS][at % OUTPUTS] = pixel;
                }
                let tile = square::<L, OutputsBack>(tile);
                for f in 0..FREQUENCIES {
                    let to = self.m.get().add(self.layout.at(f, group, self.channel));
                    tile[f / POINTS][f % POINTS].store(to);
                    L::prefetch_to_write(to.wrapping_add(LANES));
                }
            }
            if exists {
                let mut sums = [0.0; LANES];
                bias.store(sums.as_mut_ptr());
                *self.db.get().add(self.channel) = lanes::sum(sums);
            }
        }
    }
}

impl Spread<'_> {
    /// The nine pixels of a tile, zero where ReLU was shut.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`]; the place is one of the grid's.
    #[inline(always)]
    unsafe fn pixels<L: Lanes>(&self, at: Place, lane: usize, pixels: &mut [[f32; LANES]; OUTPUTS * OUTPUTS]) {
        let Grid { height, width, .. } = self.grid;
        let (channel, inside) = (self.channel, at.row * width + at.column);
        let plane = (at.image * self.layer.out_channels + channel) * height * width;
        let bits = (channel / LANES * self.layer.batch + at.image) * height * width;
        for row in 0..OUTPUTS {
            // The next channel's, which this thread mostly takes next.
            let soon = plane + height * width + inside + row * width;
            // SAFETY: any address will do.
            unsafe { L::prefetch(self.dy.as_ptr().wrapping_add(soon)) };
        }
        for at_pixel in 0..OUTPUTS * OUTPUTS {
            let (row, column) = (at_pixel / OUTPUTS, at_pixel % OUTPUTS);
            if at.row + row < height && at.column + column < width {
                let pixel = inside + row * width + column;
                // SAFETY: the pixel lies in the image, the image in the batch.
                let (dy, positive) =
                    unsafe { (*self.dy.get_unchecked(plane + pixel), *self.positive.get_unchecked(bits + pixel)) };
                let mask = u32::from(positive >> (channel % LANES) & 1).wrapping_neg();
                pixels[at_pixel][lane] = f32::from_bits(dy.to_bits() & mask);
            }
        }
    }
}

/// In-channels to a task of the gradient by input's products.
const ROWS: usize = 128;

/// The gradient by input, from M and U.
///
/// # Safety
///
/// The instruction set is available, all lengths are those of the layer, and M is filled.
pub(super) unsafe fn by_input(layer: &Conv3x3, kernel: &ConvKernel, dx: &mut [f32], scratch: &mut ConvScratch) {
    let grid = Grid::new(layer);
    let channels = layer.in_channels.next_multiple_of(LANES);
    let (m_layout, u_layout) = (m_layout(layer, &grid), kernel.layout());
    // [frequency][group of tiles][in-channel][16 tiles]
    let dv_layout = Layout::new(grid.groups, channels);
    let m = scratch.m.room(m_layout.len());
    let dv = scratch.products.room(dv_layout.len());
    let u = Shared(kernel.u().cast_mut());
    let parts = channels.div_ceil(ROWS);
    (0..FREQUENCIES * parts).into_par_iter().for_each(|index| {
        let (f, from) = (index / parts, index % parts * ROWS);
        let task = Panels {
            a: u.get().wrapping_add(u_layout.at(f, 0, from)).cast(),
            a_group: u_layout.outer * size_of::<f32>(),
            b: m.get().wrapping_add(m_layout.at(f, 0, 0)).cast(),
            b_panel: m_layout.outer * size_of::<f32>(),
            c: dv.get().wrapping_add(dv_layout.at(f, 0, from)),
            c_panel: dv_layout.outer,
            rows: ROWS.min(channels - from),
            panels: grid.groups,
            groups: layer.out_channels.div_ceil(LANES),
        };
        // SAFETY: M is filled; tasks write disjoint in-channels of a frequency.
        unsafe { lanes::run(layer.isa, task) };
    });
    let dx = Shared(dx.as_mut_ptr());
    let (rows, columns) = grid.read();
    let planes = scratch.pieces(rows * columns);
    (0..layer.in_channels).into_par_iter().with_min_len(4).for_each(|channel| {
        let task = Gathered { layer, grid, channel, dv, layout: dv_layout, plane: planes.own(), dx };
        // SAFETY: the products were computed above; tasks write disjoint channels, and each thread has its own plane.
        unsafe { lanes::run(layer.isa, task) };
    });
}

/// One channel of the gradient by input: every tile adds what it has to its 5 x 5 pixels, in order of the
/// tiles, and their sums go to what is there.
struct Gathered<'a> {
    layer: &'a Conv3x3,
    grid: Grid,
    channel: usize,
    dv: Shared<f32>,
    layout: Layout,
    /// Room for what the tiles of an image read.
    plane: *mut f32,
    dx: Shared<f32>,
}

impl Task for Gathered<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (rows, columns) = self.grid.read();
        // SAFETY: this channel's planes and the room are this task's own; its lines lie in the products.
        unsafe {
            let mut place = Place::default();
            for group in 0..self.grid.groups {
                let mut tile = [[L::splat(0.0); POINTS]; POINTS];
                for f in 0..FREQUENCIES {
                    let from = self.dv.get().add(self.layout.at(f, group, self.channel));
                    tile[f / POINTS][f % POINTS] = L::load(from);
                    L::prefetch(from.wrapping_add(LANES));
                }
                let tile = square::<L, DataBack>(tile);
                let mut pixels = [[0.0f32; LANES]; FREQUENCIES];
                for f in 0..FREQUENCIES {
                    tile[f / POINTS][f % POINTS].store(pixels[f].as_mut_ptr());
                }
                for lane in 0..self.grid.of_group(group).len() {
                    if (place.row, place.column) == (0, 0) {
                        std::ptr::write_bytes(self.plane, 0, rows * columns);
                        self.prefetch::<L>(place.image);
                    }
                    let to = self.plane.add(place.row * columns + place.column);
                    for at in 0..FREQUENCIES {
                        *to.add(at / POINTS * columns + at % POINTS) += pixels[at][lane];
                    }
                    let next = self.grid.after(place);
                    if next.image > place.image {
                        self.finish(place.image, columns);
                    }
                    place = next;
                }
            }
        }
    }
}

impl Gathered<'_> {
    /// Where an image's plane begins.
    #[inline(always)]
    fn first(&self, image: usize) -> usize {
        (image * self.layer.in_channels + self.channel) * self.grid.height * self.grid.width
    }

    /// Asks for the gradient that an image's plane will be added to.
    #[inline(always)]
    unsafe fn prefetch<L: Lanes>(&self, image: usize) {
        let from = self.dx.get().wrapping_add(self.first(image));
        let mut pixel = 0;
        while pixel < self.grid.height * self.grid.width {
            // SAFETY: any address will do.
            unsafe { L::prefetch_to_write(from.wrapping_add(pixel)) };
            pixel += LANES;
        }
    }

    /// Adds an image's plane to the gradient.
    #[inline(always)]
    unsafe fn finish(&self, image: usize, columns: usize) {
        let Grid { height, width, .. } = self.grid;
        let first = self.first(image);
        for row in 0..height {
            // SAFETY: the row lies in the image and, behind a border of one pixel, in the room.
            unsafe {
                let from = self.plane.add((row + 1) * columns + 1);
                let to = self.dx.get().add(first + row * width);
                for column in 0..width {
                    *to.add(column) += *from.add(column);
                }
            }
        }
    }
}

/// Out-channels, and groups of in-channels, of a block of the gradient by weights: its 25 frequencies are 200 KiB, so
/// that they stay in a core's second cache until they are transformed.
const BLOCK: (usize, usize) = (64, 2);

/// The gradient by weights, from V and M, block by block into the target.
///
/// # Safety
///
/// The instruction set is available, V and M are filled, and the target is of the layer's weights.
pub(super) unsafe fn by_weights(
    layer: &Conv3x3,
    target: &Target,
    kernel: Option<&mut ConvKernel>,
    scratch: &mut ConvScratch,
) {
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
