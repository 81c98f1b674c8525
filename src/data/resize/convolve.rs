//! Resizing by convolution, first along the rows, then along the columns, each rounded to bytes: Pillow's
//! `ImagingResample` for 8 bits a channel.

use super::Filter;
use super::weights::{PRECISION_BITS, Weights};
use crate::data::pixels::Pixels;

/// One half in the sums' fixed point, so that the shift rounds.
const HALF: i32 = 1 << (PRECISION_BITS - 1);

pub fn resize(source: &Pixels, height: usize, width: usize, filter: Filter) -> Pixels {
    let rows = Weights::new(source.height, height, filter);
    // Pillow leaves an axis of unchanged size alone.
    let (narrow, above) = if width == source.width {
        (source.rgb.clone(), 0)
    } else {
        let seen = rows.seen();
        let band = &source.rgb[seen.start * source.width * 3..seen.end * source.width * 3];
        (along_rows(band, source.width, width, filter), seen.start)
    };
    if height == source.height {
        return Pixels::new(height, width, narrow);
    }
    Pixels::new(height, width, along_columns(&narrow, above, width, height, &rows))
}

/// Each row of `from` pixels becomes one of `to`.
fn along_rows(rgb: &[u8], from: usize, to: usize, filter: Filter) -> Vec<u8> {
    let weights = Weights::new(from, to, filter);
    let mut out = Vec::with_capacity(rgb.len() / from * to);
    for row in rgb.chunks_exact(from * 3) {
        for index in 0..to {
            let (first, weights) = weights.of(index);
            let mut sums = [HALF; 3];
            for (pixel, &weight) in row[first * 3..].chunks_exact(3).zip(weights) {
                sums[0] += i32::from(pixel[0]) * weight;
                sums[1] += i32::from(pixel[1]) * weight;
                sums[2] += i32::from(pixel[2]) * weight;
            }
            out.extend(sums.map(to_byte));
        }
    }
    out
}

/// The rows of `rgb`, of which the first is row `above` of the image, become `height` rows.
fn along_columns(rgb: &[u8], above: usize, width: usize, height: usize, weights: &Weights) -> Vec<u8> {
    let mut out = Vec::with_capacity(height * width * 3);
    let mut sums = vec![HALF; width * 3];
    for index in 0..height {
        let (first, weights) = weights.of(index);
        sums.fill(HALF);
        for (row, &weight) in rgb[(first - above) * width * 3..].chunks_exact(width * 3).zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        out.extend(sums.iter().map(|&sum| to_byte(sum)));
    }
    out
}

fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}
