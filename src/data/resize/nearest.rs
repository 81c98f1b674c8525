//! Nearest neighbour: Pillow's `ImagingScaleAffine`, whose rounding errors are part of the result.

use crate::data::pixels::Pixels;

pub fn resize(source: &Pixels, height: usize, width: usize) -> Pixels {
    let columns = positions(source.width, width);
    let mut rgb = Vec::with_capacity(height * width * 3);
    for y in positions(source.height, height) {
        let row = &source.rgb[y * source.width * 3..][..source.width * 3];
        for &x in &columns {
            rgb.extend_from_slice(&row[x * 3..x * 3 + 3]);
        }
    }
    Pixels::new(height, width, rgb)
}

/// Where each new pixel comes from along one axis. The step is added up as Pillow does it: multiplying would round
/// differently.
fn positions(from: usize, to: usize) -> Vec<usize> {
    let step = from as f64 / to as f64;
    let mut at = step * 0.5;
    let mut positions = Vec::with_capacity(to);
    for _ in 0..to {
        positions.push((at as usize).min(from - 1));
        at += step;
    }
    positions
}
