//! The first convolution: too few in-channels for a transform to pay, so the sum is taken as it is written.
//!
//! It reads plain NCHW images, through a copy with a zero border, and writes the blocked layout.

use super::lanes::{LANES, Lanes, Task};
use super::layout::{Buffer, Shape, padded, store};

/// Weights as `[group of out-channels][in-channel][9 taps][16]`.
pub fn pack(weights: &[f32], (inputs, outputs): (usize, usize)) -> Buffer {
    let groups = outputs.div_ceil(LANES);
    let mut packed = vec![0.0f32; groups * inputs * 9 * LANES];
    for output in 0..outputs {
        for (at, &weight) in weights[output * inputs * 9..][..inputs * 9].iter().enumerate() {
            packed[(output / LANES * inputs * 9 + at) * LANES + output % LANES] = weight;
        }
    }
    padded(&packed, LANES)
}

/// Numbers of one image with its border.
pub fn bordered(channels: usize, (height, width): (usize, usize)) -> usize {
    channels * (height + 2) * (width + 2)
}

/// Copies one NCHW image into the middle of its bordered copy, whose border stays zero.
pub fn border(image: &[f32], copy: &mut [f32], (height, width): (usize, usize)) {
    let planes = image.chunks(height * width).zip(copy.chunks_mut((height + 2) * (width + 2)));
    for (plane, copy) in planes {
        for (row, to) in plane.chunks(width).zip(copy.chunks_mut(width + 2).skip(1)) {
            to[1..=width].copy_from_slice(row);
        }
    }
}

/// (row, column) of each tap.
const TAPS: [(usize, usize); 9] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)];

/// Repeats a block for every row of the largest micro-kernel as straight-line code: sums that a loop indexes would
/// live in memory.
macro_rules! each_row {
    ($row:ident, $body:block) => {
        each_row!(@ $row, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $row:ident, $body:block, $($n:literal)*) => {
        $({ const $row: usize = $n; $body })*
    };
}

/// Some rows of one image.
///
/// SAFETY of running it: `source` holds `channels` bordered planes of `shape.size`; `weights` and `bias` have
/// `groups` groups, the shape at least as many; `target` holds `image` in `shape`, and nobody else touches these rows.
pub struct Rows {
    /// In-channels.
    pub channels: usize,
    /// Groups of sixteen out-channels.
    pub groups: usize,
    /// The bordered image.
    pub source: *const f32,
    /// Packed weights.
    pub weights: *const f32,
    /// Padded bias.
    pub bias: *const f32,
    /// The activation that is written.
    pub target: *mut u8,
    /// Its shape.
    pub shape: Shape,
    /// The image in it.
    pub image: usize,
    /// The rows to compute.
    pub rows: std::ops::Range<usize>,
}

impl Task for Rows {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let width = self.shape.size.1;
        let blocks = width.div_ceil(L::ROWS);
        for row in self.rows.clone() {
            let mut group = 0;
            while group < self.groups {
                let wide = L::PANELS.min(self.groups - group);
                for block in 0..blocks {
                    let columns = width * block / blocks..width * (block + 1) / blocks;
                    // SAFETY: the task's own conditions.
                    unsafe {
                        if wide == 2 {
                            self.by_columns::<L, 2>(row, columns, group);
                        } else {
                            self.by_columns::<L, 1>(row, columns, group);
                        }
                    }
                }
                group += wide;
            }
        }
    }
}

impl Rows {
    #[inline(always)]
    unsafe fn by_columns<L: Lanes, const P: usize>(&self, row: usize, columns: std::ops::Range<usize>, group: usize) {
        macro_rules! choose {
            ($($n:literal)*) => {
                match columns.len() {
                    // SAFETY: the task's own conditions.
                    $($n => unsafe { self.kernel::<L, $n, P>((row, columns.start), group) },)*
                    _ => unreachable!("a block has at most {} columns", L::ROWS),
                }
            };
        }
        choose!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    }

    /// R pixels of P groups.
    #[inline(always)]
    unsafe fn kernel<L: Lanes, const R: usize, const P: usize>(&self, at: (usize, usize), group: usize) {
        if R > L::ROWS || P > L::PANELS {
            return;
        }
        let (height, width) = self.shape.size;
        let (plane, panel) = ((height + 2) * (width + 2), self.channels * 9 * LANES);
        // SAFETY: a pixel's three rows and columns lie inside the bordered planes; the rest by the task's conditions.
        unsafe {
            let mut sums = [[L::splat(0.0); P]; R];
            let mut weights = self.weights.add(group * panel);
            for channel in 0..self.channels {
                let from = self.source.add(channel * plane + at.0 * (width + 2) + at.1);
                for (down, right) in TAPS {
                    let from = from.add(down * (width + 2) + right);
                    let mut columns = [L::load(weights); P];
                    for (p, column) in columns.iter_mut().enumerate().skip(1) {
                        *column = L::load(weights.add(p * panel));
                    }
                    for (r, sums) in sums.iter_mut().enumerate() {
                        let pixel = L::splat(*from.add(r));
                        for (sum, column) in sums.iter_mut().zip(columns) {
                            *sum = pixel.fma(column, *sum);
                        }
                    }
                    weights = weights.add(LANES);
                }
            }
            let zero = L::splat(0.0);
            let (mut bias, mut to) = ([zero; P], [0; P]);
            for p in 0..P {
                bias[p] = L::load(self.bias.add((group + p) * LANES));
                to[p] = self.shape.offset(self.image, group + p, (at.0 + 1, at.1 + 1));
            }
            each_row!(ROW, {
                if ROW < R {
                    for p in 0..P {
                        let value = sums[ROW % R][p].add(bias[p]).max(zero);
                        store(value, self.target, to[p] + ROW * self.shape.lanes, self.shape.element);
                    }
                }
            });
        }
    }
}
