//! Locks between processes (and threads): advisory locks on files, which vanish with the process that holds them.
//!
//! A lock file may be removed while its lock is held (that is how an unused cache entry disappears): whoever waited then holds
//! a lock on a file without a name, notices, and starts again. So removal under the lock is safe, and nothing else is.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{FileError, Operation};
use super::fault;
use super::folder::{create_folder, is_named};
use super::read::read_at_most;
use crate::stop::StopToken;

/// How long a waiter naps between tries: short against any wait worth telling, long against the cost of a try.
const NAP: Duration = Duration::from_millis(20);

/// Who holds a lock, as it says itself. For messages only: what counts is the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process number.
    pub pid: u32,
}

/// A wait for another process's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The lock file.
    pub path: PathBuf,
    /// Who holds it, where that could be read.
    pub holder: Option<Holder>,
}

/// How to wait: until when, and whom to tell.
pub struct Wait<'a> {
    /// Asked at every try.
    pub stop: &'a StopToken,
    /// Told when a wait begins, and when the holder changes.
    pub on_wait: &'a mut dyn FnMut(&Waiting),
}

/// A lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// A stop was requested while waiting.
    #[error("stopped while waiting for another process")]
    Stopped,
    /// The filesystem has no locks.
    #[error("the filesystem of `{}` cannot lock files, which sharing a cache and runs between processes needs", path.display())]
    Unsupported {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The lock file could not be opened.
    #[error(transparent)]
    File(#[from] FileError),
}

impl LockError {
    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Stopped => None,
            Self::Unsupported { path, .. } => Some(format!(
                "keep `{}` on a local disk, or on a network filesystem that is mounted with locks",
                path.parent().unwrap_or(path).display()
            )),
            Self::File(error) => error.hint(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exclusive,
    Shared,
}

/// A held lock; dropping it, or dying, releases it, also where a child that was just forked has the file open as well.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// The lock alone, if nobody has it.
    pub fn try_exclusive(path: &Path) -> Result<Option<Self>, LockError> {
        Self::attempt(path, Kind::Exclusive)
    }

    /// The lock with other sharers, if nobody has it alone.
    pub fn try_shared(path: &Path) -> Result<Option<Self>, LockError> {
        Self::attempt(path, Kind::Shared)
    }

    /// The lock alone, once nobody else has it.
    pub fn exclusive(path: &Path, wait: &mut Wait<'_>) -> Result<Self, LockError> {
        Self::await_kind(path, Kind::Exclusive, wait)
    }

    /// The lock with other sharers, once nobody has it alone.
    pub fn shared(path: &Path, wait: &mut Wait<'_>) -> Result<Self, LockError> {
        Self::await_kind(path, Kind::Shared, wait)
    }

    /// Whether somebody holds the lock now. Changes nothing; a lock file that is not there, or cannot be opened, is free.
    pub fn is_held(path: &Path) -> bool {
        // Network filesystems lock no file alone that is open for reading only.
        let opened = File::options().read(true).write(true).open(path).or_else(|_| File::open(path));
        opened.is_ok_and(|file| match file.try_lock() {
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
            Ok(()) => {
                release(&file);
                false
            }
        })
    }

    /// The locked file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn await_kind(path: &Path, kind: Kind, wait: &mut Wait<'_>) -> Result<Self, LockError> {
        let mut told = None;
        loop {
            if let Some(lock) = Self::attempt(path, kind)? {
                return Ok(lock);
            }
            if wait.stop.is_requested() {
                return Err(LockError::Stopped);
            }
            let waiting = Waiting { path: path.to_owned(), holder: read_holder(path) };
            if told.as_ref() != Some(&waiting) {
                (wait.on_wait)(&waiting);
                told = Some(waiting);
            }
            std::thread::sleep(NAP);
        }
    }

    fn attempt(path: &Path, kind: Kind) -> Result<Option<Self>, LockError> {
        let file = open(path)?;
        let tried = fault::ask(Operation::Lock).map_err(TryLockError::Error).and_then(|()| match kind {
            Kind::Exclusive => file.try_lock(),
            Kind::Shared => file.try_lock_shared(),
        });
        match tried {
            Ok(()) if is_named(&file, path) => {
                if kind == Kind::Exclusive {
                    write_holder(&file);
                }
                Ok(Some(Self { file, path: path.to_owned() }))
            }
            // Removed by the holder before us: the next try opens a new one.
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(refused(path, source)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        release(&self.file);
    }
}

/// Gives up what lock there is on an open file. To close it is not enough: a process that was just forked has it open too, and with
/// it the lock, until it becomes another program.
pub(super) fn release(file: &File) {
    // Where this fails, closing is all that is left to do.
    let _ = file.unlock();
}

fn open(path: &Path) -> Result<File, FileError> {
    let attempt = || File::options().read(true).write(true).create(true).truncate(false).open(path);
    let opened = match attempt() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create_folder(path.parent().unwrap_or(Path::new(".")))?;
            attempt()
        }
        other => other,
    };
    opened.map_err(|source| FileError::new(path, Operation::Lock, source))
}

fn refused(path: &Path, source: io::Error) -> LockError {
    const ENOLCK: i32 = 37;
    match source.kind() {
        ErrorKind::Unsupported => LockError::Unsupported { path: path.to_owned(), source },
        _ if source.raw_os_error() == Some(ENOLCK) => LockError::Unsupported { path: path.to_owned(), source },
        _ => LockError::File(FileError::new(path, Operation::Lock, source)),
    }
}

/// Best effort: a full disk must not keep anyone from holding a lock.
fn write_holder(file: &File) {
    if let Ok(text) = serde_json::to_vec(&Holder { pid: std::process::id() }) {
        let _ = file.set_len(0).and_then(|()| file.write_all_at(&text, 0));
    }
}

fn read_holder(path: &Path) -> Option<Holder> {
    /// A holder's line is a few dozen bytes.
    const LIMIT: u64 = 4096;
    serde_json::from_slice(&read_at_most(path, LIMIT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_lock_is_free_while_a_forked_child_still_has_its_file_open() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("lock");
        let lock = Lock::try_exclusive(&path).expect("locks").expect("nobody has it");
        // What a child gets: another number for the same open file.
        let inherited = lock.file.try_clone().expect("it can be had twice");
        assert!(Lock::is_held(&path));
        drop(lock);
        assert!(!Lock::is_held(&path));
        assert!(Lock::try_exclusive(&path).expect("locks").is_some());
        drop(inherited);
    }
}
