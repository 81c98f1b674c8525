//! Whole files or none: a temporary file beside the target, fsync, rename, fsync of the folder.
//!
//! A writer holds an advisory lock on its temporary file, so that [`clear_stale`] can tell the leavings of a dead writer
//! (nobody holds them) from a file that is being written.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{FileError, Operation};
use super::fault::{self, Target};
use super::folder::{is_named, list_folder, remove_file, sync_folder};
use super::lock::release;

const SUFFIX: &str = ".frostline-tmp";
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Writes a file so that, whatever happens, the path holds either its old content or all of the new.
///
/// # Errors
///
/// The folder does not exist, is not writable, or has no room: then the old content is untouched.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let needing = |error: FileError| error.needing(bytes.len() as u64);
    let mut file = AtomicFile::create(path).map_err(needing)?;
    file.put(bytes).map_err(needing)?;
    file.commit().map_err(needing)
}

/// A file that is being written and appears under its name at [`AtomicFile::commit`]; dropped before that, it never was.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    written: u64,
    committed: bool,
}

impl AtomicFile {
    /// Starts a new content for `path`, in a temporary file in the same folder.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let (file, temporary) =
            create_temporary(path).map_err(|source| FileError::new(path, Operation::Create, source))?;
        Ok(Self { file, temporary, path: path.to_owned(), written: 0, committed: false })
    }

    /// Adds bytes.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.written += bytes.len() as u64;
        fault::write(Target::Cursor(&mut self.file), bytes)
            .map_err(|source| FileError::new(&self.path, Operation::Write, source).needing(self.written))
    }

    /// Makes the content durable and puts it in its place.
    pub fn commit(mut self) -> Result<(), FileError> {
        let failed = |operation| {
            let (path, written) = (self.path.clone(), self.written);
            move |source: io::Error| FileError::new(&path, operation, source).needing(written)
        };
        fault::ask(Operation::Sync).and_then(|()| self.file.sync_all()).map_err(failed(Operation::Sync))?;
        fault::ask(Operation::Rename)
            .and_then(|()| fs::rename(&self.temporary, &self.path))
            .map_err(failed(Operation::Rename))?;
        self.committed = true;
        sync_folder(self.path.parent().unwrap_or(Path::new(".")))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes).map_err(|error| io::Error::new(error.kind(), error))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.committed {
            // A failure is already on its way up; what stays behind is cleared by `clear_stale`.
            let _ = remove_file(&self.temporary);
        }
        // Only now that the temporary name is gone: until then the file was ours.
        release(&self.file);
    }
}

/// A fresh locked file `.<name>.<pid>-<n>.frostline-tmp` beside `path`.
fn create_temporary(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "not a file name"))?;
    loop {
        fault::ask(Operation::Create)?;
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{}{SUFFIX}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        let temporary = path.with_file_name(temporary);
        match File::options().write(true).create_new(true).open(&temporary) {
            Ok(file) if still_linked(&file)? => return Ok((file, temporary)),
            Ok(_) => {} // cleared as stale between creation and lock
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {} // left by an earlier process of the same number
            Err(error) => return Err(error),
        }
    }
}

/// Locks the file (where the filesystem can) and says whether it still has a name.
fn still_linked(file: &File) -> io::Result<bool> {
    loop {
        match file.lock() {
            Ok(()) => return Ok(file.metadata()?.nlink() > 0),
            // By a signal, while somebody who clears has it.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Without locks nobody clears either, see `clear_stale`.
            Err(_) => return Ok(true),
        }
    }
}

/// Removes temporary files whose writers are gone. Those of live writers, and everything on a filesystem without locks, stay.
pub fn clear_stale(folder: &Path) -> Result<(), FileError> {
    for path in list_folder(folder)? {
        if !path.to_string_lossy().ends_with(SUFFIX) {
            continue;
        }
        // The lock is held over the removal: a writer that has made its file and not locked it yet waits here, and then finds that
        // its file has no name any more.
        if let Some(_abandoned) = lock_abandoned(&path) {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// The file of that name, locked, if its writer is gone.
fn lock_abandoned(path: &Path) -> Option<File> {
    let file = File::options().write(true).open(path).ok()?;
    file.try_lock().ok()?;
    is_named(&file, path).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::read;

    #[test]
    fn whoever_clears_what_dead_writers_left_disturbs_no_living_one() {
        const WRITERS: usize = 4;
        const FILES: usize = 300;
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = |writer: usize| folder.path().join(format!("{writer}"));
        let writing = AtomicU64::new(WRITERS as u64);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (path, writing) = (path(writer), &writing);
                scope.spawn(move || {
                    let failed = (0..FILES).find_map(|nth| write_atomic(&path, nth.to_string().as_bytes()).err());
                    writing.fetch_sub(1, Ordering::Relaxed);
                    assert!(failed.is_none(), "{failed:?}");
                });
                scope.spawn(|| {
                    while writing.load(Ordering::Relaxed) > 0 {
                        clear_stale(folder.path()).expect("clears");
                    }
                });
            }
        });
        for writer in 0..WRITERS {
            assert_eq!(read(&path(writer)).expect("whole"), (FILES - 1).to_string().as_bytes());
        }
        assert_eq!(list_folder(folder.path()).expect("lists").len(), WRITERS);
    }

    #[test]
    fn what_a_dead_writer_left_goes() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("model");
        let (file, temporary) = create_temporary(&path).expect("makes");
        clear_stale(folder.path()).expect("clears");
        assert!(temporary.exists(), "its writer lives");
        release(&file);
        clear_stale(folder.path()).expect("clears");
        assert!(!temporary.exists());
    }

    #[test]
    fn what_a_writer_gave_up_and_could_not_remove_goes_while_a_forked_child_still_has_it_open() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let file = AtomicFile::create(&folder.path().join("model")).expect("makes");
        let (temporary, inherited) = (file.temporary.clone(), file.file.try_clone().expect("it can be had twice"));
        let injected = fault::inject(fault::Plan::fail(1, 5));
        drop(file);
        drop(injected);
        assert!(temporary.exists(), "it could not be removed");
        clear_stale(folder.path()).expect("clears");
        assert!(!temporary.exists());
        drop(inherited);
    }
}
