//! How much images vary, and the draw for one image.

use super::affine::{self, Fill};
use super::{Transform, colour};
use crate::data::pixels::Pixels;
use crate::rng::{Purpose, Stream};

/// The ranges that variations are drawn from. The default changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Augment {
    /// Degrees to either side.
    pub rotation: f64,
    /// Fraction of the width to either side.
    pub width_shift: f64,
    /// Fraction of the height to either side.
    pub height_shift: f64,
    /// Degrees to either side.
    pub shear: f64,
    /// Each axis is scaled by a factor between `1 - zoom` and `1 + zoom`.
    pub zoom: f64,
    /// Half of the images are mirrored.
    pub horizontal_flip: bool,
    /// Half of the images are turned upside down.
    pub vertical_flip: bool,
    /// Factors, lowest and highest; `[1, 1]` leaves images alone.
    pub brightness: [f64; 2],
    /// Grey levels to either side, the same for all channels of an image.
    pub channel_shift: f64,
    /// What lies beyond the border.
    pub fill: Fill,
    /// The grey level beyond the border for [`Fill::Constant`].
    pub cval: f64,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            rotation: 0.0,
            width_shift: 0.0,
            height_shift: 0.0,
            shear: 0.0,
            zoom: 0.0,
            horizontal_flip: false,
            vertical_flip: false,
            brightness: [1.0, 1.0],
            channel_shift: 0.0,
            fill: Fill::Nearest,
            cval: 0.0,
        }
    }
}

impl Augment {
    /// Whether every image stays what it is, so that what is computed from it can be kept.
    pub fn is_identity(&self) -> bool {
        let still = Self { fill: self.fill, cval: self.cval, ..Self::default() };
        *self == still
    }

    /// The variation of image `index` (its place in the manifest) in one epoch. All parameters are drawn in a fixed
    /// order, so switching one on leaves the others as they were.
    pub fn draw(&self, seed: u64, epoch: u32, index: u64, height: usize, width: usize) -> Transform {
        let mut stream = Stream::new(seed, Purpose::Augment, epoch, index);
        let mut around = |center: f64, reach: f64| stream.uniform(center - reach, center + reach);
        let rotation = around(0.0, self.rotation);
        let down = around(0.0, self.height_shift) * height as f64;
        let right = around(0.0, self.width_shift) * width as f64;
        let shear = around(0.0, self.shear);
        let zoom = [around(1.0, self.zoom), around(1.0, self.zoom)];
        let horizontal = stream.unit() < 0.5;
        let vertical = stream.unit() < 0.5;
        let channel_shift = stream.uniform(-self.channel_shift, self.channel_shift);
        let [darkest, brightest] = self.brightness;
        let brightness = stream.uniform(darkest, brightest);
        Transform {
            rotation,
            shift: [down, right],
            shear,
            zoom,
            flip_horizontal: horizontal && self.horizontal_flip,
            flip_vertical: vertical && self.vertical_flip,
            channel_shift: (self.channel_shift != 0.0).then_some(channel_shift),
            brightness: (self.brightness != [1.0, 1.0]).then_some(brightness),
        }
    }

    /// The varied image, `height * width * 3` interleaved RGB values, before preprocessing. Values stay in 0..=255
    /// unless [`Augment::cval`] leaves it.
    pub fn apply(&self, transform: &Transform, pixels: &Pixels, out: &mut Vec<f32>) {
        out.clear();
        match transform.matrix(pixels.height, pixels.width) {
            Some(matrix) => affine::sample(pixels, &matrix, self.fill, self.cval, out),
            None => out.extend(pixels.rgb.iter().map(|&value| f32::from(value))),
        }
        if let Some(shift) = transform.channel_shift {
            colour::shift_channels(out, shift);
        }
        if transform.flip_horizontal {
            flip_horizontal(out, pixels.width);
        }
        if transform.flip_vertical {
            flip_vertical(out, pixels.width);
        }
        if let Some(factor) = transform.brightness {
            colour::brighten(out, factor);
        }
    }
}

fn flip_horizontal(rgb: &mut [f32], width: usize) {
    for row in rgb.chunks_exact_mut(width * 3) {
        let (pixels, _) = row.as_chunks_mut::<3>();
        pixels.reverse();
    }
}

fn flip_vertical(rgb: &mut [f32], width: usize) {
    let stride = width * 3;
    let height = rgb.len() / stride;
    for y in 0..height / 2 {
        let (upper, lower) = rgb.split_at_mut((height - 1 - y) * stride);
        upper[y * stride..][..stride].swap_with_slice(&mut lower[..stride]);
    }
}
