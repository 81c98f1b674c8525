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

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Augment {
        Augment {
            rotation: 20.0,
            width_shift: 0.1,
            height_shift: 0.3,
            shear: 5.0,
            zoom: 0.2,
            horizontal_flip: true,
            vertical_flip: true,
            brightness: [0.5, 1.5],
            channel_shift: 30.0,
            ..Augment::default()
        }
    }

    #[test]
    fn draws_depend_on_seed_epoch_and_image_and_on_nothing_else() {
        let draw = |seed, epoch, index| all().draw(seed, epoch, index, 100, 200);
        assert_eq!(draw(1, 2, 3), draw(1, 2, 3));
        for other in [draw(0, 2, 3), draw(1, 0, 3), draw(1, 2, 0)] {
            assert_ne!(other, draw(1, 2, 3));
        }
    }

    #[test]
    fn draws_fill_their_ranges_and_never_leave_them() {
        let draws: Vec<_> = (0..2000).map(|index| all().draw(7, 0, index, 100, 200)).collect();
        let spans = |low: f64, high: f64, value: fn(&Transform) -> f64| {
            let values = draws.iter().map(value);
            let (least, most) = values.fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
            let slack = (high - low) * 0.01;
            assert!(least >= low && least < low + slack, "{least} above {low}");
            assert!(most <= high && most > high - slack, "{most} below {high}");
        };
        spans(-20.0, 20.0, |draw| draw.rotation);
        spans(-30.0, 30.0, |draw| draw.shift[0]);
        spans(-20.0, 20.0, |draw| draw.shift[1]);
        spans(-5.0, 5.0, |draw| draw.shear);
        spans(0.8, 1.2, |draw| draw.zoom[0]);
        spans(0.8, 1.2, |draw| draw.zoom[1]);
        spans(-30.0, 30.0, |draw| draw.channel_shift.unwrap_or_default());
        spans(0.5, 1.5, |draw| draw.brightness.unwrap_or_default());
        let flipped = draws.iter().filter(|draw| draw.flip_horizontal).count();
        assert!((900..1100).contains(&flipped), "{flipped} of 2000");
    }

    #[test]
    fn switching_one_variation_on_leaves_the_others_as_they_were() {
        let without = Augment { shear: 0.0, brightness: [1.0, 1.0], vertical_flip: false, ..all() };
        let (with, without) = (all().draw(0, 1, 2, 50, 50), without.draw(0, 1, 2, 50, 50));
        assert_eq!((with.rotation, with.shift, with.zoom), (without.rotation, without.shift, without.zoom));
        assert_eq!((with.flip_horizontal, with.channel_shift), (without.flip_horizontal, without.channel_shift));
    }

    #[test]
    fn the_default_changes_nothing() {
        let still = Augment { fill: Fill::Wrap, cval: 9.0, ..Augment::default() };
        assert!(still.is_identity() && !all().is_identity());
        let pixels = Pixels::new(2, 2, (0..12).collect());
        let mut out = Vec::new();
        still.apply(&still.draw(3, 4, 5, 2, 2), &pixels, &mut out);
        assert!(out.iter().copied().eq((0..12u8).map(f32::from)));
    }
}
