//! Files that grow at their end: logs.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::error::{FileError, Operation};
use super::fault::{self, Target};

/// An open file whose every write goes to its end.
#[derive(Debug)]
pub struct Appender {
    file: File,
    path: PathBuf,
}

impl Appender {
    /// Opens a file for appending, creating it if need be.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        fault::ask(Operation::Create)
            .and_then(|()| File::options().append(true).create(true).open(path))
            .map(|file| Self { file, path: path.to_owned() })
            .map_err(|source| FileError::new(path, Operation::Create, source))
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        fault::write(Target::Cursor(&mut self.file), bytes)
            .map_err(|source| FileError::new(&self.path, Operation::Write, source).needing(bytes.len() as u64))
    }

    /// Forces what was appended to the disk.
    pub fn sync(&mut self) -> Result<(), FileError> {
        fault::ask(Operation::Sync)
            .and_then(|()| self.file.sync_data())
            .map_err(|source| FileError::new(&self.path, Operation::Sync, source))
    }
}
