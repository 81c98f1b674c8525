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
    if let Some(process) = unsupported_process(bytes) {
        return Err(ImageErrorKind::Unsupported { detail: process.to_owned() });
    }
    let ended = has_end(bytes);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| if ended { explain(&error) } else { ImageErrorKind::Truncated })?;
    let (width, height) = decoder.dimensions().ok_or(ImageErrorKind::Truncated)?;
    check_size(width as u64, height as u64)?;
    if !ended {
        return Err(ImageErrorKind::Truncated);
    }
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    // Four inks are taken as inverted, as Adobe writes them and as Pillow takes them.
    decoder.set_options(decoder.options().jpeg_set_out_colorspace(ColorSpace::RGB));
    let rgb = decoder.decode().map_err(|error| explain(&error))?;
    Ok(upright(Pixels::new(height, width, rgb), orientation.unwrap_or(Orientation::NoTransforms)))
}

fn explain(error: &DecodeErrors) -> ImageErrorKind {
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => ImageErrorKind::Truncated,
        DecodeErrors::SofError(words) if words.contains("bits of precision") => {
            ImageErrorKind::Unsupported { detail: "more than 8 bits a channel".to_owned() }
        }
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

/// Whether the image ends: an end-of-image marker follows a scan. Pillow too calls a file without one truncated.
fn has_end(bytes: &[u8]) -> bool {
    let mut in_scan = false;
    Markers { bytes, position: 0 }.any(|marker| {
        in_scan |= marker == START_OF_SCAN;
        in_scan && marker == END_OF_IMAGE
    })
}

/// The kind of JPEG that the frame header names, where it is one that nobody uses for photographs.
fn unsupported_process(bytes: &[u8]) -> Option<&'static str> {
    let frame =
        Markers { bytes, position: 0 }.find(|marker| matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf))?;
    match frame {
        0xc3 => Some("lossless JPEG"),
        0xc5..=0xc7 => Some("hierarchical JPEG"),
        0xc9..=0xcb | 0xcd..=0xcf => Some("arithmetic coding"),
        _ => None,
    }
}

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// The markers of a file. Within a scan's data a 0xff is followed by a zero or a restart marker, so what looks like
/// another marker there is one.
struct Markers<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Iterator for Markers<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.position..)?;
            self.position += rest.iter().position(|&byte| byte == 0xff)? + 1;
            match *self.bytes.get(self.position)? {
                0xff => {}
                0x00 => self.position += 1,
                marker @ (0x01 | 0xd0..=0xd9) => {
                    self.position += 1;
                    return Some(marker);
                }
                marker => {
                    let length = self.bytes.get(self.position + 1..self.position + 3)?;
                    self.position += 1 + usize::from(u16::from_be_bytes([length[0], length[1]]));
                    return Some(marker);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Baseline and progressive, subsampled and not, grey, RGB and inks; see `tests/golden/decode/make.py`.
    const FILES: [&str; 8] = [
        "baseline_444.jpg",
        "baseline_420.jpg",
        "baseline_422.jpg",
        "progressive_420.jpg",
        "grey.jpg",
        "rgb_not_ycc.jpg",
        "cmyk_adobe.jpg",
        "photo.jpg",
    ];

    #[test]
    fn vector_instructions_do_not_change_a_bit() {
        for file in FILES {
            let path = format!("{}/tests/golden/decode/{file}", env!("CARGO_MANIFEST_DIR"));
            let bytes = std::fs::read(path).expect("the golden files are committed");
            let plain = decode_with(&bytes, options().set_use_unsafe(false)).expect("decodes");
            let fast = decode_with(&bytes, options()).expect("decodes");
            let worst = plain.rgb.iter().zip(&fast.rgb).map(|(a, b)| a.abs_diff(*b)).max();
            assert_eq!(worst, Some(0), "{file}");
        }
    }
}
