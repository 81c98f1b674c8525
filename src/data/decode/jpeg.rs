//! JPEG through zune-jpeg.

use image::metadata::Orientation;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::orientation::upright;
use super::{ImageErrorKind, check_size};
use crate::data::pixels::Pixels;

/// Scans of a progressive image; real ones have about ten. Each costs a pass over the whole image.
const MAX_SCANS: usize = 64;

pub fn decode(bytes: &[u8]) -> Result<Pixels, ImageErrorKind> {
    decode_with(bytes, options())
}

/// As libjpeg, so tolerant of stray bytes between segments that cameras leave.
fn options() -> DecoderOptions {
    DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
}

fn decode_with(bytes: &[u8], options: DecoderOptions) -> Result<Pixels, ImageErrorKind> {
    let ended = has_end(bytes);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| if ended { explain(&error) } else { ImageErrorKind::Truncated })?;
    let (width, height) = decoder.dimensions().ok_or(ImageErrorKind::Truncated)?;
    check_size(width as u64, height as u64)?;
    if !ended {
        return Err(ImageErrorKind::Truncated);
    }
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let rgb = match decoder.input_colorspace() {
        Some(space @ (ColorSpace::CMYK | ColorSpace::YCCK)) => decode_inks(&mut decoder, space)?,
        Some(_) | None => decode_to(&mut decoder, ColorSpace::RGB)?,
    };
    Ok(upright(Pixels::new(height, width, rgb), orientation.unwrap_or(Orientation::NoTransforms)))
}

type Decoder<'a> = JpegDecoder<ZCursor<&'a [u8]>>;

fn decode_to(decoder: &mut Decoder, space: ColorSpace) -> Result<Vec<u8>, ImageErrorKind> {
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(space));
    decoder.decode().map_err(|error| explain(&error))
}

/// Four inks to RGB.
fn decode_inks(decoder: &mut Decoder, _space: ColorSpace) -> Result<Vec<u8>, ImageErrorKind> {
    decode_to(decoder, ColorSpace::RGB)
}

fn explain(error: &DecodeErrors) -> ImageErrorKind {
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => ImageErrorKind::Truncated,
        DecodeErrors::Unsupported(_) => ImageErrorKind::Unsupported { detail: detail(error) },
        DecodeErrors::LargeDimensions(_)
        | DecodeErrors::ZeroError
        | DecodeErrors::Format(_)
        | DecodeErrors::FormatStatic(_)
        | DecodeErrors::IllegalMagicBytes(_)
        | DecodeErrors::HuffmanDecode(_)
        | DecodeErrors::DqtError(_)
        | DecodeErrors::SosError(_)
        | DecodeErrors::SofError(_)
        | DecodeErrors::MCUError(_)
        | DecodeErrors::TooSmallOutput(..) => ImageErrorKind::Damaged { detail: detail(error) },
    }
}

/// The decoder's words on one line, without the quotes of its debugging format.
fn detail(error: &DecodeErrors) -> String {
    error.to_string().trim_matches('"').replace('\n', " ")
}

/// Whether the image ends: an end-of-image marker follows a scan. Within a scan's data a 0xff is followed by a zero or a
/// restart marker, so what looks like a marker there is one. Pillow too calls a file without an end truncated.
fn has_end(bytes: &[u8]) -> bool {
    let mut position = 2;
    let mut in_scan = false;
    while let Some(offset) = bytes.get(position..).and_then(|rest| rest.iter().position(|&byte| byte == 0xff)) {
        position += offset + 1;
        match bytes.get(position) {
            Some(0xff) => continue,
            Some(0xd9) if in_scan => return true,
            Some(0x00 | 0x01 | 0xd0..=0xd9) => position += 1,
            Some(&marker) => {
                in_scan |= marker == 0xda;
                let Some(length) = bytes.get(position + 1..position + 3) else { return false };
                position += 1 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            }
            None => return false,
        }
    }
    false
}
