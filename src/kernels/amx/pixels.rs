//! What the first convolution reads: of each pixel the column of three that a 3x3 filter covers, so that the patch of a result lies
//! in one piece of 30 numbers, and one step of a tile takes it all.
//!
//! Pixels and weights are sums of two bf16 numbers each, the nearest one and the nearest to what that leaves; three steps multiply
//! the nearest ones, what the pixels leave, and what the weights leave. The error of the nearest ones alone, which reaches every
//! feature, would be larger than that of all other layers together.

use rayon::prelude::*;

use crate::kernels::isa::Isa;
use crate::kernels::lanes::{LANES, Lanes, Task};
use crate::kernels::layout::{Element, Shape, run_storing};
use crate::kernels::shared::Shared;

/// In-channels, at most.
pub const CHANNELS: usize = 3;
/// Numbers of a column: three pixels of so many channels, and a zero.
pub const COLUMN: usize = 3 * CHANNELS + 1;
/// Parts of a pixel, and of a weight: the nearest number, and what it leaves.
pub(super) const PARTS: usize = 2;
/// The parts of pixels and of weights that each step multiplies.
pub(super) const STEPS: [(usize, usize); 3] = [(0, 0), (1, 0), (0, 1)];
/// Bytes of a column.
pub(super) const BYTES: usize = COLUMN * size_of::<u16>();

/// Columns of images of `size` (height, width).
pub fn shape(size: (usize, usize)) -> Shape {
    Shape { groups: PARTS, lanes: COLUMN, padded: (size.0, size.1 + 1), size, element: Element::Bf16 }
}

/// The place of a filter's tap in a patch.
pub(super) fn place(channel: usize, tap: usize) -> usize {
    tap % 3 * COLUMN + tap / 3 * CHANNELS + channel
}

/// Copies NCHW images into [`shape`]; borders are left as they are.
///
/// # Safety
/// `isa` is available; `to` holds `images` images in this shape, and nobody else touches them.
pub unsafe fn import(isa: Isa, input: &[f32], (images, channels): (usize, usize), to: *mut u8, shape: Shape) {
    let (height, width) = shape.size;
    assert!(channels <= CHANNELS && input.len() == images * channels * height * width);
    let to = Shared(to);
    (0..images * height).into_par_iter().for_each(|row| {
        let (image, row) = (row / height, row % height);
        let planes = &input[image * channels * height * width..][..channels * height * width];
        let first = image * shape.image() + row * shape.row() + COLUMN;
        // SAFETY: the places lie inside the buffer.
        let to = [0, 1].map(|part| unsafe { to.get().cast::<u16>().add(first + part * shape.group()) });
        // SAFETY: the instruction set is there; each row of each image is written once.
        unsafe { run_storing(isa, Element::Bf16, Row { planes, size: shape.size, row, to }) };
    });
}

/// One row of columns.
///
/// SAFETY of running it: `planes` holds the channels of an image of `size`; each of `to` has room for a row of columns and a border,
/// and nobody else touches it but to write zeros to the border.
struct Row<'a> {
    planes: &'a [f32],
    size: (usize, usize),
    row: usize,
    to: [*mut u16; PARTS],
}

impl Task for Row<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (height, width) = self.size;
        for first in (0..width).step_by(LANES) {
            let here = LANES.min(width - first);
            // SAFETY: the task's own conditions; a column's vector reaches as far as the next column, or the border, where it
            // writes zeros before their turn.
            unsafe {
                let mut lines = [L::splat(0.0); LANES];
                for (channel, plane) in self.planes.chunks_exact(height * width).enumerate() {
                    for down in 0..3 {
                        if (1..=height).contains(&(self.row + down)) {
                            let from = plane.as_ptr().add((self.row + down - 1) * width + first);
                            lines[down * CHANNELS + channel] =
                                if here == LANES { L::load(from) } else { L::load_part(from, here) };
                        }
                    }
                }
                let columns = L::transpose(lines);
                for (column, values) in columns.iter().enumerate().take(here) {
                    let to = (first + column) * COLUMN;
                    let (nearest, rest) = (self.to[0].add(to), self.to[1].add(to));
                    values.store_bf16(nearest);
                    values.sub(L::load_bf16(nearest)).store_bf16(rest);
                }
            }
        }
    }
}

/// A column's vector must not reach past the next column.
const _: () = assert!(LANES <= 2 * COLUMN);
