//! File contents to upright RGB pixels on white, whatever the file was: the door that images from anywhere come
//! through.
//!
//! - The format is told from the content. Animations and multi-page files give their first picture.
//! - Grey becomes three equal channels, palettes are looked up, 16 bits keep their high byte (as libpng strips them), CMYK
//!   and YCCK are multiplied out as Pillow does it, transparency is laid on white, the EXIF orientation is applied.
//! - A claim of more than [`MAX_PIXELS`] is refused before anything is allocated for it.
//! - A truncated file is an error, although some decoders would fill the rest with grey.

mod error;
mod format;
mod jpeg;
mod orientation;
mod raster;
mod tiff_palette;

pub use error::{ImageError, ImageErrorKind};
pub use format::{Format, describe};

use super::pixels::Pixels;

/// The largest image that is decoded: 128 megapixels, 384 MB as RGB. Photographs of the largest sensors have 150, all
/// others stay below 110; what is larger is a scan, a panorama or an attack.
pub const MAX_PIXELS: u64 = 128 << 20;

/// The most memory that one image's decoder may ask for beside the pixels.
const MAX_DECODER_BYTES: u64 = 1 << 30;

/// Decodes a whole file.
///
/// # Errors
/// The content is no image of a supported [`Format`], is damaged or truncated, or claims more than [`MAX_PIXELS`].
pub fn decode(bytes: &[u8]) -> Result<Pixels, ImageError> {
    let Some(format) = Format::sniff(bytes) else {
        return Err(ImageError::new(None, ImageErrorKind::NotAnImage { found: describe(bytes) }));
    };
    let decoded = match format {
        Format::Jpeg => jpeg::decode(bytes),
        Format::Png | Format::Bmp | Format::Gif | Format::WebP | Format::Tiff => raster::decode(bytes, format),
    };
    decoded.map_err(|kind| ImageError::new(Some(format), kind))
}

/// Refuses a size that nothing should be allocated for.
fn check_size(width: u64, height: u64) -> Result<(), ImageErrorKind> {
    if width == 0 || height == 0 {
        return Err(ImageErrorKind::NoPixels { width, height });
    }
    if width.saturating_mul(height) > MAX_PIXELS {
        return Err(ImageErrorKind::TooLarge { width, height });
    }
    Ok(())
}
