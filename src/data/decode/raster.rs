//! PNG, BMP, GIF, WebP and TIFF through the image crate.

use std::error::Error;
use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::orientation::upright;
use super::tiff_palette::Palette;
use super::{Format, ImageErrorKind, MAX_DECODER_BYTES, check_size};
use crate::data::pixels::Pixels;

pub fn decode(bytes: &[u8], format: Format) -> Result<Pixels, ImageErrorKind> {
    decode_whole(bytes, format)
        .map_err(|kind| if is_cut_webp(bytes, format) { ImageErrorKind::Truncated } else { kind })
}

/// Whether a WebP file has fewer bytes than it says, which its decoder only calls corrupt.
fn is_cut_webp(bytes: &[u8], format: Format) -> bool {
    let said = bytes.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
    format == Format::WebP && said.is_some_and(|length| (bytes.len() as u64) < u64::from(length) + 8)
}

fn decode_whole(bytes: &[u8], format: Format) -> Result<Pixels, ImageErrorKind> {
    match Palette::of_tiff(bytes).filter(|_| format == Format::Tiff) {
        Some(palette) => {
            let indices = read(&palette.without(bytes), format)?;
            let [height, width] = indices.size;
            Ok(upright(Pixels::new(height, width, palette.look_up(&indices.samples)), indices.orientation))
        }
        None => {
            let read = read(bytes, format)?;
            let [height, width] = read.size;
            Ok(upright(Pixels::new(height, width, to_rgb(read.samples, read.color)?), read.orientation))
        }
    }
}

/// An image as its decoder gives it.
struct Read {
    size: [usize; 2],
    orientation: Orientation,
    color: ColorType,
    samples: Vec<u8>,
}

fn read(bytes: &[u8], format: Format) -> Result<Read, ImageErrorKind> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), crate_format(format));
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    check_size(u64::from(width), u64::from(height))?;
    let orientation = decoder.orientation().map_err(explain)?;
    let color = decoder.color_type();
    let mut samples = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut samples).map_err(explain)?;
    Ok(Read { size: [height as usize, width as usize], orientation, color, samples })
}

fn crate_format(format: Format) -> ImageFormat {
    match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Bmp => ImageFormat::Bmp,
        Format::Gif => ImageFormat::Gif,
        Format::WebP => ImageFormat::WebP,
        Format::Tiff => ImageFormat::Tiff,
    }
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    limits
}

/// Interleaved samples of any kind to RGB on white. 16-bit samples are in the machine's byte order.
fn to_rgb(samples: Vec<u8>, color: ColorType) -> Result<Vec<u8>, ImageErrorKind> {
    Ok(match color {
        ColorType::Rgb8 => samples,
        ColorType::L8 => samples.iter().flat_map(|&grey| [grey; 3]).collect(),
        ColorType::La8 => samples.chunks_exact(2).flat_map(|s| [on_white(s[0], s[1]); 3]).collect(),
        ColorType::Rgba8 => samples
            .chunks_exact(4)
            .flat_map(|s| [on_white(s[0], s[3]), on_white(s[1], s[3]), on_white(s[2], s[3])])
            .collect(),
        ColorType::L16 => to_rgb(high_bytes(&samples), ColorType::L8)?,
        ColorType::La16 => to_rgb(high_bytes(&samples), ColorType::La8)?,
        ColorType::Rgb16 => high_bytes(&samples),
        ColorType::Rgba16 => to_rgb(high_bytes(&samples), ColorType::Rgba8)?,
        other => {
            return Err(ImageErrorKind::Unsupported { detail: format!("{other:?} samples, expected 8 or 16 bits") });
        }
    })
}

/// 16 bits to 8, as libpng strips them and Pillow reads them.
fn high_bytes(samples: &[u8]) -> Vec<u8> {
    samples.chunks_exact(2).map(|pair| (u16::from_ne_bytes([pair[0], pair[1]]) >> 8) as u8).collect()
}

/// A value seen through its alpha on a white ground, rounded to the nearest, as Pillow's `paste` with a mask.
fn on_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn explain(error: image::ImageError) -> ImageErrorKind {
    if is_truncation(&error) {
        return ImageErrorKind::Truncated;
    }
    let words = error.to_string().replace('\n', " ");
    if matches!(error, image::ImageError::Limits(_)) || words.ends_with("Image too large") {
        return ImageErrorKind::TooMuchMemory;
    }
    // "Format error decoding Png: " repeats what is said already.
    let detail = match words.split_once(": ") {
        Some((lead, detail)) if lead.starts_with("Format error decoding") => detail.to_owned(),
        Some(_) | None => words,
    };
    match error {
        image::ImageError::Unsupported(_) => ImageErrorKind::Unsupported { detail },
        image::ImageError::Decoding(_)
        | image::ImageError::Encoding(_)
        | image::ImageError::Parameter(_)
        | image::ImageError::Limits(_)
        | image::ImageError::IoError(_) => ImageErrorKind::Damaged { detail },
    }
}

/// Whether the decoder ran out of bytes. Not all decoders keep the I/O error as a source; the others say so in words.
fn is_truncation(error: &image::ImageError) -> bool {
    const WORDS: [&str; 4] = ["unexpected end", "unexpected eof", "failed to fill whole buffer", "missing chunk"];
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        let words = error.to_string().to_ascii_lowercase();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::UnexpectedEof)
            || WORDS.iter().any(|known| words.contains(known))
        {
            return true;
        }
        cause = error.source();
    }
    false
}
