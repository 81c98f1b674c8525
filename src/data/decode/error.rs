//! Why a file's content could not become pixels.

use super::{Format, MAX_DECODER_BYTES, MAX_PIXELS};

/// A file's content that is no usable image.
#[derive(Debug, thiserror::Error)]
#[error("{}{kind}", format.map_or(String::new(), |format| format!("{format} image: ")))]
pub struct ImageError {
    /// What the content claims to be, where it is known.
    pub format: Option<Format>,
    /// What is wrong.
    #[source]
    pub kind: ImageErrorKind,
}

/// What is wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum ImageErrorKind {
    /// No supported format begins like this.
    #[error("expected a JPEG, PNG, BMP, GIF, WebP or TIFF image, found {found}")]
    NotAnImage {
        /// What it looks like.
        found: &'static str,
    },
    /// The file ends before the image does.
    #[error("the file is truncated")]
    Truncated,
    /// The content contradicts its format.
    #[error("damaged: {detail}")]
    Damaged {
        /// The decoder's words.
        detail: String,
    },
    /// A valid image of a kind that isn't read here.
    #[error("not supported: {detail}")]
    Unsupported {
        /// The decoder's words.
        detail: String,
    },
    /// The header claims an empty image.
    #[error("the header claims {width} x {height} pixels, expected at least one")]
    NoPixels {
        /// Columns.
        width: u64,
        /// Rows.
        height: u64,
    },
    /// The header claims more than is read.
    #[error("the header claims {width} x {height} pixels, expected at most {} megapixels", MAX_PIXELS >> 20)]
    TooLarge {
        /// Columns.
        width: u64,
        /// Rows.
        height: u64,
    },
    /// The header claims more than is read, in a way that its decoder refused.
    #[error("the header claims an image that takes more than {} MB to decode", MAX_DECODER_BYTES >> 20)]
    TooMuchMemory,
}

impl ImageError {
    pub(super) fn new(format: Option<Format>, kind: ImageErrorKind) -> Self {
        Self { format, kind }
    }

    /// The cure, where it is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            ImageErrorKind::NotAnImage { .. } => Some("convert or remove the file"),
            ImageErrorKind::Truncated => Some("copy or download the file again"),
            ImageErrorKind::Unsupported { .. } => Some("convert the file to PNG or JPEG"),
            ImageErrorKind::TooLarge { .. } | ImageErrorKind::TooMuchMemory => Some("scale the image down"),
            ImageErrorKind::Damaged { .. } | ImageErrorKind::NoPixels { .. } => None,
        }
    }
}
