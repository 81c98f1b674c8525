//! One entry's folder: its list of inputs, its lock, its files.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::envelope::{At, Contents, Envelope, Kind};
use super::error::CacheError;
use super::key::{Inputs, Key};
use super::root::Cache;
use super::warning::{Damage, Warning};
use crate::files::{self, FileError, Lock, LockError, Wait};

pub(super) const INPUTS: &str = "inputs.json";
pub(super) const WRITE_LOCK: &str = "lock";
pub(super) const USE_LOCK: &str = "use";
/// Lists of inputs are a few kilobytes.
const LIMIT: u64 = 1 << 20;

/// The folder of one key.
#[derive(Clone, Debug)]
pub(super) struct EntryFolder {
    cache: Cache,
    /// Absent where only the key is known, as when the whole cache is verified.
    inputs: Option<Inputs>,
    key: Key,
    path: PathBuf,
}

impl EntryFolder {
    pub(super) fn new(cache: Cache, inputs: Inputs) -> Self {
        let key = inputs.key();
        let path = cache.path_of(&key);
        Self { cache, inputs: Some(inputs), key, path }
    }

    pub(super) fn of_key(cache: Cache, key: Key) -> Self {
        let path = cache.path_of(&key);
        Self { cache, inputs: None, key, path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn warn(&self, path: &Path, damage: Damage) {
        self.cache.warn(Warning { path: path.to_owned(), damage });
    }

    /// Becomes the only writer, once nobody else is; the folder then exists with its list of inputs.
    pub(super) fn lock(&self, wait: &mut Wait<'_>) -> Result<Lock, CacheError> {
        let lock = Lock::exclusive(&self.path.join(WRITE_LOCK), wait)?;
        files::clear_stale(&self.path)?;
        self.write_inputs()?;
        Ok(lock)
    }

    /// Keeps the folder from being removed while its records are read. Where nothing can be written, nothing is removed either.
    pub(super) fn use_lock(&self) -> Result<Option<Lock>, CacheError> {
        let path = self.path.join(USE_LOCK);
        loop {
            match Lock::try_shared(&path) {
                Ok(Some(lock)) => return Ok(Some(lock)),
                // The folder is just being removed, which takes a moment only.
                Ok(None) => std::thread::yield_now(),
                Err(LockError::File(error)) if is_forbidden(&error) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Stores the list of inputs unless it is there and right.
    pub(super) fn write_inputs(&self) -> Result<(), CacheError> {
        let Some(inputs) = &self.inputs else { return Ok(()) };
        let path = self.path.join(INPUTS);
        // One look decides: another process may be storing them just now.
        match files::read_at_most(&path, LIMIT) {
            Ok(bytes) if parse(&bytes).as_ref() == Some(inputs) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(_) | Err(_) => self.warn(&path, Damage::Inputs),
        }
        files::create_folder(&self.path)?;
        let text = serde_json::to_vec(inputs).expect("a list of texts always serialises");
        Ok(files::write_atomic(&path, &text)?)
    }

    /// Notes that the entry was used now, and what it is of where that is missing. Best effort: a cache that cannot be written can still be
    /// read.
    pub(super) fn touch(&self) {
        if files::touch(&self.path.join(INPUTS), self.cache.clock().now()).is_err() {
            let _ = self.write_inputs();
        }
    }

    /// Reads a blob of this key.
    pub(super) fn load(&self, name: &str, kind: Kind) -> Contents {
        Envelope { kind, key: self.key.digest() }.read(&self.path.join(name))
    }

    /// Reads only where a training state of this key stands.
    pub(super) fn peek(&self, name: &str) -> Result<Option<At>, Damage> {
        Envelope { kind: Kind::State, key: self.key.digest() }.peek(&self.path.join(name))
    }

    /// Stores a blob of this key. A folder that was deleted meanwhile is made again; a newer version's file is put aside.
    pub(super) fn store(&self, name: &str, envelope: (Kind, At), bytes: &[u8]) -> Result<(), CacheError> {
        let (kind, at) = envelope;
        let path = self.path.join(name);
        let envelope = Envelope { kind, key: self.key.digest() };
        if let Err(Damage::Newer { .. }) = envelope.peek(&path) {
            files::rename(&path, &path.with_extension("newer"))?;
        }
        match envelope.write(&path, at, bytes) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.write_inputs()?;
                Ok(envelope.write(&path, at, bytes)?)
            }
            other => Ok(other?),
        }
    }

    /// Removes a file that is damaged, so that the warning is given once. The lock is held.
    pub(super) fn discard(&self, name: &str, damage: &Damage) -> Result<(), CacheError> {
        match damage {
            Damage::Newer { .. } => Ok(()),
            _ => Ok(files::remove_file(&self.path.join(name))?),
        }
    }
}

fn is_forbidden(error: &FileError) -> bool {
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}

/// The stored list of inputs, if it can be read.
pub(super) fn read_inputs(path: &Path) -> Option<Inputs> {
    parse(&files::read_at_most(path, LIMIT).ok()?)
}

fn parse(bytes: &[u8]) -> Option<Inputs> {
    serde_json::from_slice(bytes).ok()
}
