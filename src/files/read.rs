//! Reading whole files.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::error::{FileError, Operation};

/// All bytes of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|source| FileError::new(path, Operation::Read, source))
}

/// All bytes of a file, or `None` where there is none.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A file as UTF-8 text.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|source| FileError::new(path, Operation::Read, source))
}

/// At most the first `limit` bytes of a file: for files from anywhere, whose size is not to be trusted.
pub fn read_at_most(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|source| FileError::new(path, Operation::Read, source))?;
    Ok(bytes)
}
