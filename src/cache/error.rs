//! Why the cache could not be used at all. (What is merely damaged is a warning.)

use std::path::PathBuf;

use crate::files::{FileError, LockError};

/// The cache could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The disk said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// A lock could not be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The whole cache comes from a newer frostline.
    #[error("the cache `{}` has version {found}, and this frostline knows {known}", path.display())]
    Newer {
        /// The cache's folder.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
}

impl CacheError {
    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Lock(error) => error.hint(),
            Self::Newer { path, .. } => Some(format!(
                "use the newer frostline, or delete `{}`: everything in it can be computed again",
                path.display()
            )),
        }
    }

    /// Whether a stop was requested while waiting for another process.
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Lock(LockError::Stopped))
    }
}
