//! Turns an image upright as its EXIF data asks for.

use image::metadata::Orientation;

use crate::data::pixels::Pixels;

/// The image as its orientation means it to be seen.
pub fn upright(pixels: Pixels, orientation: Orientation) -> Pixels {
    let (height, width) = (pixels.height, pixels.width);
    let (bottom, right) = (height - 1, width - 1);
    match orientation {
        Orientation::NoTransforms => pixels,
        Orientation::FlipHorizontal => gather(&pixels, height, width, |y, x| (y, right - x)),
        Orientation::Rotate180 => gather(&pixels, height, width, |y, x| (bottom - y, right - x)),
        Orientation::FlipVertical => gather(&pixels, height, width, |y, x| (bottom - y, x)),
        Orientation::Rotate90FlipH => gather(&pixels, width, height, |y, x| (x, y)),
        Orientation::Rotate90 => gather(&pixels, width, height, |y, x| (bottom - x, y)),
        Orientation::Rotate270FlipH => gather(&pixels, width, height, |y, x| (bottom - x, right - y)),
        Orientation::Rotate270 => gather(&pixels, width, height, |y, x| (x, right - y)),
    }
}

/// An image of the given size whose pixel at (y, x) is the source's at `from(y, x)`.
fn gather(source: &Pixels, height: usize, width: usize, from: impl Fn(usize, usize) -> (usize, usize)) -> Pixels {
    let mut rgb = Vec::with_capacity(source.rgb.len());
    for y in 0..height {
        for x in 0..width {
            let (from_y, from_x) = from(y, x);
            rgb.extend_from_slice(&source.at(from_y, from_x));
        }
    }
    Pixels::new(height, width, rgb)
}
