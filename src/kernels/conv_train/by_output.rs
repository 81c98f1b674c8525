//! The gradient by output, transformed to M, which both other gradients need; and the gradient by bias.

use rayon::prelude::*;

use super::grid::{Grid, Layout, Place};
use super::maps::{FREQUENCIES, OUTPUTS, OutputsBack, POINTS, square};
use super::{Conv3x3, ConvScratch};
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::shared::Shared;

/// M as `[frequency][group of tiles][out-channel][16 tiles]`.
pub(super) fn m_layout(layer: &Conv3x3, grid: &Grid) -> Layout {
    Layout::new(grid.groups, layer.out_channels.next_multiple_of(LANES))
}

/// Fills M, and the gradient by bias, from the gradient by output.
///
/// # Safety
///
/// The instruction set is available, and all lengths are those of the layer.
pub(super) unsafe fn run(layer: &Conv3x3, dy: &[f32], db: &mut [f32], scratch: &mut ConvScratch) {
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
        for index in 0..OUTPUTS * OUTPUTS {
            let (row, column) = (index / OUTPUTS, index % OUTPUTS);
            if at.row + row < height && at.column + column < width {
                let pixel = inside + row * width + column;
                // SAFETY: the pixel lies in the image, the image in the batch.
                let (dy, positive) =
                    unsafe { (*self.dy.get_unchecked(plane + pixel), *self.positive.get_unchecked(bits + pixel)) };
                let mask = u32::from(positive >> (channel % LANES) & 1).wrapping_neg();
                pixels[index][lane] = f32::from_bits(dy.to_bits() & mask);
            }
        }
    }
}
