//! The gradient by input: M with U, and every tile adds up what it has of each pixel.

use rayon::prelude::*;

use super::by_output::m_layout;
use super::grid::{Grid, Layout, Place};
use super::maps::{DataBack, FREQUENCIES, POINTS, square};
use super::{Conv3x3, ConvKernel, ConvScratch};
use crate::kernels::lanes::{self, LANES, Lanes, Task};
use crate::kernels::panels::Panels;
use crate::kernels::shared::Shared;

/// In-channels to a task of the gradient by input's products.
const ROWS: usize = 128;

/// The gradient by input, from M and U.
///
/// # Safety
///
/// The instruction set is available, all lengths are those of the layer, and M is filled.
pub(super) unsafe fn run(layer: &Conv3x3, kernel: &ConvKernel, dx: &mut [f32], scratch: &mut ConvScratch) {
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
