//! From activations to transformed tiles, and from products back to activations.

use super::grid::{Family, Tile};
use super::points::{Five, Four, LARGEST, Points, Six, Three};
use super::transform::{self, Half, Vectors, unrolled};
use crate::kernels::lanes::{LANES, Lanes, Task};
use crate::kernels::layout::{Element, Shape, load, prefetch, prefetch_to_write, store};
use crate::kernels::trunk::Pool;

/// How many tiles ahead a frequency's numbers are fetched: tiles have more of them than a processor follows streams.
const TILES_AHEAD: usize = 2;

/// The layout of transformed tiles: `[frequency][group][tile][16 channels]`, frequencies in rows of `edge`. Strides
/// are counted in numbers.
#[derive(Clone, Copy, Debug)]
pub struct Spectrum {
    /// Points along an edge of the largest tiles.
    pub edge: usize,
    /// From one frequency to the next.
    pub frequency: usize,
    /// From one group to the next.
    pub group: usize,
    /// How its numbers are stored.
    pub element: Element,
}

impl Spectrum {
    /// For so many groups and tiles. A frequency takes an odd number of cache lines, so that a tile's frequencies
    /// don't all fall into one set of the cache.
    pub fn new(edge: usize, groups: usize, tiles: usize, element: Element) -> Self {
        let group = tiles * LANES;
        let line = 64 / element.bytes();
        let lines = (groups * group).div_ceil(line) | 1;
        Self { edge, frequency: lines * line, group, element }
    }

    /// Numbers in all.
    pub fn numbers(&self) -> usize {
        self.edge * self.edge * self.frequency
    }
}

/// Calls `$pass::<P, N>` for the family's points and a tile's number of them.
macro_rules! by_points {
    ($family:expr, $n:expr, $pass:ident $arguments:tt) => {
        match ($family, $n) {
            (Family::Six, 8) => by_points!(@ $pass, Six, 8, $arguments),
            (Family::Six, _) => by_points!(@ $pass, Six, 6, $arguments),
            (Family::Five, 7) => by_points!(@ $pass, Five, 7, $arguments),
            (Family::Five, _) => by_points!(@ $pass, Five, 6, $arguments),
            (Family::Four, 6) => by_points!(@ $pass, Four, 6, $arguments),
            (Family::Four, _) => by_points!(@ $pass, Four, 4, $arguments),
            (Family::Three, _) => by_points!(@ $pass, Three, 5, $arguments),
        }
    };
    (@ $pass:ident, $points:ident, $n:literal, ($($argument:expr),*)) => {
        $pass::<L, $points, $n>($($argument),*)
    };
}

/// Transforms the inputs of an item's tiles, all channel groups.
///
/// SAFETY of running it: `source` holds every image, row and column that the tiles read, in `shape`; nobody writes to
/// it meanwhile; `target` is this task's own and holds `spectrum`, with a group at least `tiles.len()` tiles long.
pub struct Inputs<'a> {
    /// The points.
    pub family: Family,
    /// The tiles.
    pub tiles: &'a [Tile],
    /// The activation that is read.
    pub source: *const u8,
    /// Its shape.
    pub shape: Shape,
    /// Where the transformed tiles go.
    pub target: *mut u8,
    /// Their layout.
    pub spectrum: Spectrum,
}

impl Task for Inputs<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let mut half: Half<L> = transform::half();
        for group in 0..self.shape.groups {
            for (place, tile) in self.tiles.iter().enumerate() {
                let from = self.shape.offset(tile.image, group, tile.at);
                let to = group * self.spectrum.group + place * LANES;
                // SAFETY: the task's own conditions.
                unsafe {
                    by_points!(self.family, tile.points.0, input_columns(&self, from, tile.points.1, &mut half));
                    by_points!(self.family, tile.points.1, input_rows(&self, to, tile.points.0, &half));
                }
            }
        }
    }
}

/// `B^T d`: each column of the tile by itself.
#[inline(always)]
unsafe fn input_columns<L: Lanes, P: Points, const N: usize>(
    task: &Inputs<'_>,
    from: usize,
    columns: usize,
    half: &mut Half<L>,
) {
    let row = task.shape.row();
    for (column, half) in half.iter_mut().enumerate().take(columns) {
        // SAFETY: the task's own conditions; there are as many rows as points.
        unsafe {
            let mut x: Vectors<L> = [L::splat(0.0); LARGEST];
            unrolled!(I, {
                if I < N {
                    let at = from + I * row + column * LANES;
                    x[I] = load(task.source, at, task.shape.element);
                    // The next tile in this row of tiles.
                    prefetch::<L>(task.source, at + N * LANES, task.shape.element);
                }
            });
            let y = transform::input::<L, P, N>(&x);
            unrolled!(I, {
                if I < N {
                    half[I].write(y[I]);
                }
            });
        }
    }
}

/// `(B^T d) B`: each row by itself; a row of `half` is a column of the tile.
#[inline(always)]
unsafe fn input_rows<L: Lanes, P: Points, const N: usize>(task: &Inputs<'_>, to: usize, rows: usize, half: &Half<L>) {
    for row in 0..rows.min(LARGEST) {
        // SAFETY: the columns pass has written N columns of `rows` entries; the task's own conditions.
        unsafe {
            let mut x: Vectors<L> = [L::splat(0.0); LARGEST];
            unrolled!(J, {
                if J < N {
                    x[J] = half[J][row].assume_init();
                }
            });
            let y = transform::input::<L, P, N>(&x);
            let to = to + row * task.spectrum.edge * task.spectrum.frequency;
            unrolled!(J, {
                if J < N {
                    let at = to + J * task.spectrum.frequency;
                    store(y[J], task.target, at, task.spectrum.element);
                    prefetch_to_write::<L>(task.target, at + TILES_AHEAD * LANES, task.spectrum.element);
                }
            });
        }
    }
}

/// Transforms the products of an item's tiles back, some channel groups of them; adds the bias, applies ReLU, pools.
///
/// SAFETY of running it: `source` holds `spectrum` for the tiles; `bias` has sixteen numbers for each of `groups`;
/// `target` holds every image and group in `shape`, and nobody else touches the pixels of these tiles and groups.
/// With a pool the tiles begin at even rows and columns and have even edges.
pub struct Outputs<'a> {
    /// The points.
    pub family: Family,
    /// The tiles.
    pub tiles: &'a [Tile],
    /// The products, f32.
    pub source: *const f32,
    /// Their layout; its first group is the first of `groups`.
    pub spectrum: Spectrum,
    /// The channel groups.
    pub groups: std::ops::Range<usize>,
    /// One number a channel.
    pub bias: *const f32,
    /// What follows the ReLU.
    pub pool: Pool,
    /// The activation that is written.
    pub target: *mut u8,
    /// Its shape.
    pub shape: Shape,
}

impl Task for Outputs<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let mut half: Half<L> = transform::half();
        for (index, group) in self.groups.clone().enumerate() {
            for (place, tile) in self.tiles.iter().enumerate() {
                let from = index * self.spectrum.group + place * LANES;
                // SAFETY: the task's own conditions.
                unsafe {
                    by_points!(self.family, tile.points.0, output_columns(&self, from, tile.points.1, &mut half));
                    by_points!(self.family, tile.points.1, output_rows(&self, group, tile, &half));
                }
            }
        }
    }
}

/// `A^T m`: each column by itself.
#[inline(always)]
unsafe fn output_columns<L: Lanes, P: Points, const N: usize>(
    task: &Outputs<'_>,
    from: usize,
    columns: usize,
    half: &mut Half<L>,
) {
    let row = task.spectrum.edge * task.spectrum.frequency;
    for (column, half) in half.iter_mut().enumerate().take(columns) {
        // SAFETY: the task's own conditions.
        unsafe {
            let from = task.source.add(from + column * task.spectrum.frequency);
            let mut x: Vectors<L> = [L::splat(0.0); LARGEST];
            unrolled!(I, {
                if I < N {
                    x[I] = L::load(from.add(I * row));
                    L::prefetch(from.wrapping_add(I * row + TILES_AHEAD * LANES));
                }
            });
            let y = transform::output::<L, P, N>(&x);
            unrolled!(I, {
                if I + 2 < N {
                    half[I].write(y[I]);
                }
            });
        }
    }
}

/// `(A^T m) A`, and what follows it: the maximum and the additions may change places, since rounding is monotonic.
#[inline(always)]
unsafe fn output_rows<L: Lanes, P: Points, const N: usize>(
    task: &Outputs<'_>,
    group: usize,
    tile: &Tile,
    half: &Half<L>,
) {
    let step = if task.pool == Pool::Max2x2 { 2 } else { 1 };
    let (y, x) = (tile.at.0 / step, tile.at.1 / step);
    let rows = ((tile.points.0 - 2) / step).min(task.shape.size.0.saturating_sub(y));
    let columns = ((N - 2) / step).min(task.shape.size.1.saturating_sub(x));
    // SAFETY: the task's own conditions; the columns pass has written N columns; only pixels inside are written.
    unsafe {
        let (bias, zero) = (L::load(task.bias.add(group * LANES)), L::splat(0.0));
        for row in 0..rows {
            let mut values = output_row::<L, P, N>(half, row * step);
            if step == 2 {
                let below = output_row::<L, P, N>(half, row * 2 + 1);
                unrolled!(J, {
                    if J.is_multiple_of(2) && J + 2 < N {
                        let right = values[(J + 1) % LARGEST].max(below[(J + 1) % LARGEST]);
                        values[J / 2] = values[J].max(below[J]).max(right);
                    }
                });
            }
            let to = task.shape.offset(tile.image, group, (y + row + 1, x + 1));
            unrolled!(J, {
                if J + 2 < N && J < columns {
                    let value = values[J].add(bias).max(zero);
                    store(value, task.target, to + J * LANES, task.shape.element);
                }
            });
        }
    }
}

#[inline(always)]
unsafe fn output_row<L: Lanes, P: Points, const N: usize>(half: &Half<L>, row: usize) -> Vectors<L> {
    // SAFETY: the columns pass has written this row of N columns.
    unsafe {
        let mut x: Vectors<L> = [L::splat(0.0); LARGEST];
        unrolled!(J, {
            if J < N {
                x[J] = half[J][row % LARGEST].assume_init();
            }
        });
        transform::output::<L, P, N>(&x)
    }
}
