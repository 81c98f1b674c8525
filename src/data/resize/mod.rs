//! Resizing as Pillow's `Image.resize` does it, bit for bit.

mod convolve;
mod nearest;
mod weights;

use super::pixels::Pixels;

/// Pillow's resampling filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The pixel under the centre of the new one: Keras' default.
    Nearest,
    /// A triangle, one pixel to each side, widened when shrinking.
    Bilinear,
    /// Keys' cubic with a = -0.5, two pixels to each side, widened when shrinking.
    Bicubic,
    /// Lanczos' windowed sinc, three pixels to each side, widened when shrinking.
    Lanczos,
}

/// The image at another size; neither may be zero.
pub fn resize(pixels: &Pixels, height: usize, width: usize, filter: Filter) -> Pixels {
    assert!(height > 0 && width > 0, "an image has at least one pixel");
    if (pixels.height, pixels.width) == (height, width) {
        return pixels.clone();
    }
    match filter {
        Filter::Nearest => nearest::resize(pixels, height, width),
        Filter::Bilinear | Filter::Bicubic | Filter::Lanczos => convolve::resize(pixels, height, width, filter),
    }
}
