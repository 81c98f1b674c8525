//! Reading and writing at offsets: no cursor, so that threads share one open file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::{FileError, Operation};
use super::fault::{self, Target};
use super::folder::is_named;

/// An open file that is read and written at offsets.
#[derive(Debug)]
pub struct PositionedFile {
    file: File,
    path: PathBuf,
}

impl PositionedFile {
    /// Opens an existing file for reading.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        Self::with(path, File::options().read(true))
    }

    /// Opens an existing file for reading and writing.
    pub fn open_writable(path: &Path) -> Result<Self, FileError> {
        Self::with(path, File::options().read(true).write(true))
    }

    fn with(path: &Path, options: &std::fs::OpenOptions) -> Result<Self, FileError> {
        options
            .open(path)
            .map(|file| Self { file, path: path.to_owned() })
            .map_err(|source| FileError::new(path, Operation::Read, source))
    }

    /// Where the file was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still names this file.
    pub fn is_in_place(&self) -> bool {
        is_named(&self.file, &self.path)
    }

    /// The length now, in bytes.
    pub fn len(&self) -> Result<u64, FileError> {
        self.file
            .metadata()
            .map(|meta| meta.len())
            .map_err(|source| FileError::new(&self.path, Operation::Read, source))
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> Result<bool, FileError> {
        Ok(self.len()? == 0)
    }

    /// Fills `out` from `offset`.
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<(), FileError> {
        self.file.read_exact_at(out, offset).map_err(|source| FileError::new(&self.path, Operation::Read, source))
    }

    /// Writes all bytes at `offset`.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        fault::write(Target::Offset(&self.file, offset), bytes)
            .map_err(|source| FileError::new(&self.path, Operation::Write, source).needing(bytes.len() as u64))
    }

    /// Cuts the file off at `length`.
    pub fn truncate(&self, length: u64) -> Result<(), FileError> {
        fault::ask(Operation::Truncate)
            .and_then(|()| self.file.set_len(length))
            .map_err(|source| FileError::new(&self.path, Operation::Truncate, source))
    }

    /// Forces the content to the disk.
    pub fn sync(&self) -> Result<(), FileError> {
        fault::ask(Operation::Sync)
            .and_then(|()| self.file.sync_data())
            .map_err(|source| FileError::new(&self.path, Operation::Sync, source))
    }
}
