//! What went wrong on the disk: where, in which operation, how much room it needed, and what may help.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What was being done to the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Opening or reading a file or folder.
    Read,
    /// Creating a file.
    Create,
    /// Writing bytes.
    Write,
    /// Forcing bytes to the disk.
    Sync,
    /// Moving a finished file to its place.
    Rename,
    /// Creating a folder.
    CreateFolder,
    /// Forcing a folder's entries to the disk.
    SyncFolder,
    /// Removing a file or folder.
    Remove,
    /// Cutting off what an unfinished write left.
    Truncate,
    /// Locking a file.
    Lock,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Write => "write",
            Self::Sync => "flush to disk",
            Self::Rename => "rename into place",
            Self::CreateFolder => "create the folder",
            Self::SyncFolder => "flush to disk the folder",
            Self::Remove => "remove",
            Self::Truncate => "shorten",
            Self::Lock => "lock",
        })
    }
}

/// A file operation failed.
#[derive(Debug)]
pub struct FileError {
    pub(super) path: PathBuf,
    pub(super) operation: Operation,
    pub(super) needed: Option<u64>,
    pub(super) source: io::Error,
}

impl FileError {
    pub(super) fn new(path: &Path, operation: Operation, source: io::Error) -> Self {
        Self { path: path.to_owned(), operation, needed: None, source }
    }

    /// A file that was just written does not read back as it should.
    pub fn unusable(path: &Path, why: &str) -> Self {
        Self::new(path, Operation::Read, io::Error::new(ErrorKind::InvalidData, why))
    }

    pub(super) fn needing(mut self, bytes: u64) -> Self {
        self.needed = Some(bytes);
        self
    }

    /// The file or folder in question.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was being done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The operating system's kind of error.
    pub fn kind(&self) -> ErrorKind {
        self.source.kind()
    }

    /// Whether the disk (or the user's share of it) is full.
    pub fn is_full(&self) -> bool {
        matches!(self.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
    }

    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        let path = self.path.display();
        match self.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                let room = self.needed.map_or("some space".to_owned(), |bytes| format!("at least {bytes} bytes"));
                Some(format!(
                    "free {room} on the filesystem of `{path}` and run again: what was finished is kept; \
                     `frostline cache gc` lists what can go"
                ))
            }
            ErrorKind::ReadOnlyFilesystem => Some(format!(
                "the filesystem of `{path}` is read-only: remount it, or work in a folder that is writable"
            )),
            ErrorKind::PermissionDenied => Some(format!("`{path}` needs permissions that this user does not have")),
            _ => None,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} `{}`", self.operation, self.path.display())?;
        match self.needed {
            Some(bytes) if self.is_full() => write!(f, ": {} ({bytes} bytes needed)", self.source),
            _ => write!(f, ": {}", self.source),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_names_the_path_and_the_bytes_needed() {
        let full = io::Error::from(ErrorKind::StorageFull);
        let error = FileError::new(Path::new("runs/a.bin"), Operation::Write, full).needing(4096);
        assert_eq!(error.to_string(), "cannot write `runs/a.bin`: no storage space (4096 bytes needed)");
        assert!(error.is_full());
        assert!(error.hint().is_some_and(|hint| hint.contains("at least 4096 bytes")));
    }

    #[test]
    fn a_read_only_disk_and_a_forbidden_file_have_hints() {
        for kind in [ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied] {
            let error = FileError::new(Path::new("x"), Operation::Create, kind.into());
            assert!(error.hint().is_some_and(|hint| hint.contains("`x`")), "{kind:?}");
        }
    }
}
