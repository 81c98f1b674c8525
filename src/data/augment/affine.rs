//! Sampling through an affine matrix: SciPy's `ndimage.affine_transform` with order 1, on interleaved channels.

use super::transform::Matrix;
use crate::data::pixels::Pixels;

/// What lies beyond the border of an image `a b c d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// `a a a | a b c d | d d d`
    #[default]
    Nearest,
    /// `k k k | a b c d | k k k`, without a transition at the border.
    Constant,
    /// `c b a | a b c d | d c b`
    Reflect,
    /// `b c d | a b c d | a b c`, where the first and last pixel share a place, as SciPy's `wrap` has it.
    Wrap,
}

/// Two neighbours along one axis, and the second one's weight.
#[derive(Clone, Copy)]
struct Tap {
    near: usize,
    far: usize,
    weight: f64,
}

/// Appends the sampled image to `out`.
pub fn sample(source: &Pixels, matrix: &Matrix, fill: Fill, cval: f64, out: &mut Vec<f32>) {
    let [yy, yx, y0, xy, xx, x0] = *matrix;
    out.reserve(source.rgb.len());
    for y in 0..source.height {
        for x in 0..source.width {
            let (y, x) = (y as f64, x as f64);
            let taps = [tap(y * yy + x * yx + y0, source.height, fill), tap(y * xy + x * xx + x0, source.width, fill)];
            match taps {
                [Some(row), Some(column)] => out.extend(blend(source, row, column)),
                [None, _] | [_, None] => out.extend([cval as f32; 3]),
            }
        }
    }
}

/// The mean of four pixels, in SciPy's order of operations.
fn blend(source: &Pixels, row: Tap, column: Tap) -> [f32; 3] {
    let corners = [
        (source.at(row.near, column.near), 1.0 - row.weight, 1.0 - column.weight),
        (source.at(row.near, column.far), 1.0 - row.weight, column.weight),
        (source.at(row.far, column.near), row.weight, 1.0 - column.weight),
        (source.at(row.far, column.far), row.weight, column.weight),
    ];
    std::array::from_fn(|channel| {
        corners.iter().fold(0.0, |sum, (pixel, down, right)| sum + f64::from(pixel[channel]) * down * right) as f32
    })
}

/// The neighbours of a coordinate on an axis of `length` pixels; none where a constant is meant.
fn tap(at: f64, length: usize, fill: Fill) -> Option<Tap> {
    let last = (length - 1) as f64;
    let inside = if (0.0..=last).contains(&at) { at } else { mapped(at, length, fill)? };
    let floor = inside.floor();
    // Only a reflection reaches half a pixel beyond the border, where both neighbours are the border's pixel.
    let near = floor.max(0.0) as usize;
    let far = ((floor + 1.0) as usize).min(length - 1);
    Some(Tap { near, far, weight: inside - floor })
}

/// A coordinate beyond the border brought back, as `map_coordinate` in SciPy's `ni_interpolation.c`.
fn mapped(at: f64, length: usize, fill: Fill) -> Option<f64> {
    let size = length as f64;
    let last = size - 1.0;
    match fill {
        Fill::Nearest => Some(if at < 0.0 { 0.0 } else { last }),
        Fill::Constant => None,
        Fill::Reflect | Fill::Wrap if length == 1 => Some(0.0),
        Fill::Reflect if at < 0.0 => {
            let period = 2.0 * size;
            let at = if at < -period { period * (-at / period).trunc() + at } else { at };
            Some(if at < -size { at + period } else { (-at).max(1e-15) - 1.0 })
        }
        Fill::Reflect => {
            let period = 2.0 * size;
            let at = at - period * (at / period).trunc();
            Some(if at >= size { period - at - 1.0 } else { at })
        }
        Fill::Wrap if at < 0.0 => Some(at + last * ((-at / last).trunc() + 1.0)),
        Fill::Wrap => Some(at - last * (at / last).trunc()),
    }
}
