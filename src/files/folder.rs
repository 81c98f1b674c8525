//! Folders and the names in them.

use std::fs::{self, File, FileTimes};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::{FileError, Operation};
use super::fault;

/// Creates a folder and its parents, each durably. An existing one is fine.
pub fn create_folder(path: &Path) -> Result<(), FileError> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_folder(parent)?;
    }
    let made = fault::ask(Operation::CreateFolder).and_then(|()| fs::create_dir(path));
    match made {
        Ok(()) => sync_folder(path.parent().unwrap_or(Path::new("."))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(FileError::new(path, Operation::CreateFolder, error)),
    }
}

/// Forces the folder's entries (creations, renames, removals) to the disk.
pub fn sync_folder(path: &Path) -> Result<(), FileError> {
    let folder = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let synced = fault::ask(Operation::SyncFolder).and_then(|()| File::open(folder)).and_then(|file| file.sync_all());
    match synced {
        // Some network filesystems cannot sync a folder; there is nothing better to do there.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other.map_err(|source| FileError::new(folder, Operation::SyncFolder, source)),
    }
}

/// The paths of a folder's entries, sorted; empty where the folder does not exist.
pub fn list_folder(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let listed = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>());
    match listed {
        Ok(mut paths) => {
            paths.sort();
            Ok(paths)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(FileError::new(path, Operation::Read, source)),
    }
}

/// Moves a file or folder within a filesystem, durably.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fault::ask(Operation::Rename)
        .and_then(|()| fs::rename(from, to))
        .map_err(|source| FileError::new(to, Operation::Rename, source))?;
    sync_folder(to.parent().unwrap_or(Path::new(".")))
}

/// Removes a file; one that is not there is fine.
pub fn remove_file(path: &Path) -> Result<(), FileError> {
    removed(path, fault::ask(Operation::Remove).and_then(|()| fs::remove_file(path)))
}

/// Removes a folder and all below it; one that is not there is fine.
pub fn remove_folder(path: &Path) -> Result<(), FileError> {
    removed(path, fault::ask(Operation::Remove).and_then(|()| fs::remove_dir_all(path)))
}

fn removed(path: &Path, outcome: io::Result<()>) -> Result<(), FileError> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(|source| FileError::new(path, Operation::Remove, source)),
    }
}

/// Whether the path still leads to the open file, and not to another one, or to none.
pub(super) fn is_named(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(named)) => held.ino() == named.ino() && held.dev() == named.dev(),
        _ => false,
    }
}

/// Marks a file as used at `moment` (its modification time).
pub fn touch(path: &Path, moment: SystemTime) -> Result<(), FileError> {
    File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_times(FileTimes::new().set_modified(moment)))
        .map_err(|source| FileError::new(path, Operation::Write, source))
}

/// When a file was last written or touched; `None` where that cannot be told.
pub fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

/// How many bytes the files of a folder, and of those below it, hold; what vanishes meanwhile counts as nothing.
pub fn folder_bytes(path: &Path) -> Result<u64, FileError> {
    let mut bytes = 0;
    for entry in list_folder(path)? {
        match fs::symlink_metadata(&entry) {
            Ok(meta) if meta.is_dir() => bytes += folder_bytes(&entry)?,
            Ok(meta) => bytes += meta.len(),
            Err(_) => {}
        }
    }
    Ok(bytes)
}
