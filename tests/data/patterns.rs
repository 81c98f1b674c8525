//! The images that the golden scripts made, made again.

use frostline::data::Pixels;

/// Every byte from its place: the product's high byte.
pub fn noise(height: usize, width: usize) -> Pixels {
    let byte = |index: usize| ((index as u32).wrapping_mul(2_654_435_761) >> 24) as u8;
    Pixels::new(height, width, (0..height * width * 3).map(byte).collect())
}

/// Slanted ramps that wrap around.
pub fn smooth(height: usize, width: usize) -> Pixels {
    let byte = |index: usize| {
        let (y, x, channel) = (index / 3 / width, index / 3 % width, index % 3);
        ((y * 7 + x * 5 + channel * 40) % 256) as u8
    };
    Pixels::new(height, width, (0..height * width * 3).map(byte).collect())
}
