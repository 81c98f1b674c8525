//! Filter weights in fixed point: Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc`.

use std::f64::consts::PI;

use super::Filter;

/// Fractional bits of a weight: 32, less 8 for the pixel and 2 for overshoot.
pub const PRECISION_BITS: u32 = 32 - 8 - 2;

/// The weights along one axis: new pixel `i` is the sum over `j` of `of(i)[j]` times old pixel `first(i) + j`.
pub struct Weights {
    spans: Vec<(usize, usize)>,
    stride: usize,
    values: Vec<i32>,
}

impl Weights {
    /// The weights that take `from` pixels to `to`.
    pub fn new(from: usize, to: usize, filter: Filter) -> Self {
        let scale = from as f64 / to as f64;
        let widening = scale.max(1.0);
        let support = support(filter) * widening;
        let stride = support.ceil() as usize * 2 + 1;
        let mut weights = Self { spans: Vec::with_capacity(to), stride, values: vec![0; to * stride] };
        let mut exact = vec![0.0; stride];
        for (index, fixed) in weights.values.chunks_exact_mut(stride).enumerate() {
            let center = (index as f64 + 0.5) * scale;
            let first = (center - support + 0.5).max(0.0) as usize;
            let last = ((center + support + 0.5) as usize).min(from);
            let exact = &mut exact[..last - first];
            for (offset, weight) in exact.iter_mut().enumerate() {
                *weight = value(filter, ((offset + first) as f64 - center + 0.5) * (1.0 / widening));
            }
            normalise(exact, fixed);
            weights.spans.push((first, last - first));
        }
        weights
    }

    /// The first old pixel that new pixel `index` sees, and the weights from there on.
    pub fn of(&self, index: usize) -> (usize, &[i32]) {
        let (first, count) = self.spans[index];
        (first, &self.values[index * self.stride..][..count])
    }
}

/// Makes the weights add up to one, in fixed point, rounded away from zero at the half.
fn normalise(exact: &[f64], fixed: &mut [i32]) {
    let total = exact.iter().fold(0.0, |total, weight| total + weight);
    for (fixed, &weight) in fixed.iter_mut().zip(exact) {
        let weight = if total == 0.0 { weight } else { weight / total };
        let scaled = weight * f64::from(1u32 << PRECISION_BITS);
        *fixed = if weight < 0.0 { (scaled - 0.5) as i32 } else { (scaled + 0.5) as i32 };
    }
}

/// How far a filter reaches, in pixels of the smaller image.
fn support(filter: Filter) -> f64 {
    match filter {
        Filter::Nearest => 0.5,
        Filter::Bilinear => 1.0,
        Filter::Bicubic => 2.0,
        Filter::Lanczos => 3.0,
    }
}

/// The filter's height at a distance from its centre.
fn value(filter: Filter, x: f64) -> f64 {
    match filter {
        Filter::Nearest => f64::from(u8::from(x > -0.5 && x <= 0.5)),
        Filter::Bilinear => (1.0 - x.abs()).max(0.0),
        Filter::Bicubic => bicubic(x.abs()),
        Filter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
        Filter::Lanczos => 0.0,
    }
}

/// Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -0.5.
fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { libm::sin(x * PI) / (x * PI) }
}
