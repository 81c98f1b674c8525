//! One image from disk to the size that the network wants, and the check of all of them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::decode::{ImageError, decode};
use super::manifest::{Image, Manifest, path_under};
use super::pixels::Pixels;
use super::resize::{Filter, resize};
use crate::digest::Digest;

/// The largest file that is read: no image of the permitted size needs more, even uncompressed at 16 bits with alpha.
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// The size that images are brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// How they get there.
    pub filter: Filter,
}

/// Why an image could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read, or is gone.
    #[error("`{}` cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The content is no usable image.
    #[error("`{}`: {source}", path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ImageError,
    },
    /// The file is larger than any image that is read.
    #[error("`{}` has {bytes} bytes, expected at most {} MB", path.display(), MAX_FILE_BYTES >> 20)]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The content is not what the manifest saw.
    #[error("`{}` was changed while it was in use", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl LoadError {
    /// Whether the image itself is at fault, so that skipping it is an answer.
    pub fn is_bad_image(&self) -> bool {
        match self {
            Self::Image { .. } | Self::TooLong { .. } => true,
            Self::Io { .. } | Self::Changed { .. } => false,
        }
    }

    /// The cure, where it is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Image { source, .. } => source.hint(),
            Self::Changed { .. } => Some("run again: the changed image is a new one"),
            Self::Io { .. } | Self::TooLong { .. } => None,
        }
    }
}

/// Loads one image of a manifest under `root`, which must still have the content that the manifest saw.
pub fn load(root: &Path, image: &Image, target: &Target) -> Result<Pixels, LoadError> {
    let path = path_under(root, &image.path);
    let bytes = read(&path)?;
    if Digest::of(&bytes) != image.digest {
        return Err(LoadError::Changed { path });
    }
    let pixels = decode(&bytes).map_err(|source| LoadError::Image { path, source })?;
    Ok(resize(&pixels, target.height, target.width, target.filter))
}

/// Loads any image file.
pub fn load_file(path: &Path, target: &Target) -> Result<Pixels, LoadError> {
    let pixels = load_original(path)?;
    Ok(resize(&pixels, target.height, target.width, target.filter))
}

/// Loads any image file at the size that it has.
pub fn load_original(path: &Path) -> Result<Pixels, LoadError> {
    decode(&read(path)?).map_err(|source| LoadError::Image { path: path.to_path_buf(), source })
}

/// Decodes every image of a manifest, in the current rayon pool, and gives those that fail: (index, why), in order.
pub fn check(manifest: &Manifest) -> Vec<(usize, LoadError)> {
    let one = |(index, image): (usize, &Image)| check_one(&manifest.path_of(image), image).err().map(|e| (index, e));
    manifest.images.par_iter().enumerate().filter_map(one).collect()
}

fn check_one(path: &Path, image: &Image) -> Result<(), LoadError> {
    let bytes = read(path)?;
    if Digest::of(&bytes) != image.digest {
        return Err(LoadError::Changed { path: path.to_path_buf() });
    }
    decode(&bytes).map(drop).map_err(|source| LoadError::Image { path: path.to_path_buf(), source })
}

/// A whole file, but never more than an image may have.
fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let io = |source| LoadError::Io { path: path.to_path_buf(), source };
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut bytes = Vec::with_capacity(length.min(MAX_FILE_BYTES) as usize + 1);
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(LoadError::TooLong { path: path.to_path_buf(), bytes: length });
    }
    Ok(bytes)
}
