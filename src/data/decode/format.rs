//! What a file is, told from its first bytes.

use std::fmt;

/// The image formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JPEG: baseline and progressive, grey, YCbCr, RGB, CMYK, YCCK.
    Jpeg,
    /// PNG, and the still picture of APNG.
    Png,
    /// Windows bitmaps.
    Bmp,
    /// GIF, its first frame.
    Gif,
    /// WebP, lossy and lossless, its first frame.
    WebP,
    /// TIFF, its first page.
    Tiff,
}

impl Format {
    /// The number of bytes that decide.
    pub const HEAD: usize = 32;

    /// The format that begins with these bytes; [`Format::HEAD`] of them are enough.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        const SIGNATURES: [(&[u8], Format); 8] = [
            (b"\xff\xd8\xff", Format::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"GIF87a", Format::Gif),
            (b"GIF89a", Format::Gif),
            (b"II*\0", Format::Tiff),
            (b"MM\0*", Format::Tiff),
            (b"II+\0", Format::Tiff),
            (b"MM\0+", Format::Tiff),
        ];
        if let Some((_, format)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
            return Some(*format);
        }
        if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            return Some(Self::WebP);
        }
        is_bmp(head).then_some(Self::Bmp)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
        })
    }
}

/// Two letters are too little to tell a bitmap from a text: the length of its second header must be a known one too.
fn is_bmp(head: &[u8]) -> bool {
    const HEADER_LENGTHS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];
    let Some(length) = head.get(14..18).and_then(|bytes| bytes.try_into().ok()) else { return false };
    head.starts_with(b"BM") && HEADER_LENGTHS.contains(&u32::from_le_bytes(length))
}

/// What a file that is no supported image looks like, for a message.
pub fn describe(head: &[u8]) -> &'static str {
    let head = &head[..head.len().min(Format::HEAD)];
    let lower = String::from_utf8_lossy(head).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let brand = head.get(8..12).filter(|_| head.get(4..8) == Some(b"ftyp"));
    match brand {
        Some(b"avif" | b"avis") => return "an AVIF image",
        Some(b"heic" | b"heix" | b"mif1" | b"msf1") => return "a HEIC image",
        Some(_) => return "a video",
        None => {}
    }
    match head {
        [] => "an empty file",
        _ if head.iter().all(|&byte| byte == 0) => "only zero bytes",
        _ if lower.starts_with("<svg") => "an SVG drawing",
        _ if lower.starts_with("<!doctype html") || lower.starts_with("<html") => "an HTML page",
        _ if head.starts_with(b"%PDF") => "a PDF document",
        _ if head.starts_with(b"PK\x03\x04") => "a ZIP archive",
        _ if head.starts_with(b"8BPS") => "a Photoshop document",
        _ if head.starts_with(b"\xff\x0a") || head.starts_with(b"\0\0\0\x0cJXL ") => "a JPEG XL image",
        _ if head.starts_with(b"\0\0\x01\0") => "an icon",
        _ if is_text(head) => "text",
        _ => "unknown binary content",
    }
}

/// Whether a head is printable; it may end within a character.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.is_empty() && valid.chars().all(|char| !char.is_control() || char.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_like_a_bitmap_is_text() {
        let text = b"BMW drivers of the world, unite!";
        assert_eq!(Format::sniff(text), None);
        assert_eq!(describe(text), "text");
    }

    #[test]
    fn a_head_that_ends_within_a_character_is_still_text() {
        assert_eq!(describe("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé".as_bytes()), "text");
    }
}
