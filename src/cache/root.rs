//! The cache's folder: opened once, with its version checked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::CacheError;
use super::folder::EntryFolder;
use super::key::{Inputs, Key};
use super::warning::{Damage, Warning};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::files;

const VERSION: u32 = 1;
const VERSION_FILE: &str = "version";
/// The signature line of the Cache Directory Tagging Specification: backup programs skip folders that hold it.
const TAG: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is frostline's cache: safe to delete at any time.\n";

/// An open cache. Clones share it.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    clock: Arc<dyn Clock>,
    warnings: Mutex<Vec<Warning>>,
}

impl Cache {
    /// Opens the cache, creating it if need be.
    ///
    /// # Errors
    ///
    /// The folder cannot be created or written, or a newer frostline made it.
    pub fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self, CacheError> {
        let cache = Self::unchecked(root, clock);
        if !cache.version_is_current()? {
            files::create_folder(root)?;
            files::write_atomic(&root.join(".gitignore"), b"*\n")?;
            files::write_atomic(&root.join("CACHEDIR.TAG"), TAG.as_bytes())?;
            files::write_atomic(&root.join(VERSION_FILE), version_text(VERSION).as_bytes())?;
        }
        Ok(cache)
    }

    /// Opens the cache if there is one, and changes nothing on disk.
    pub fn look(root: &Path, clock: Arc<dyn Clock>) -> Result<Option<Self>, CacheError> {
        let cache = Self::unchecked(root, clock);
        cache.version_is_current()?;
        Ok(root.is_dir().then_some(cache))
    }

    fn unchecked(root: &Path, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared { root: root.to_owned(), clock, warnings: Mutex::default() }))
    }

    /// Whether the version file is there and says ours; a damaged one counts as absent.
    fn version_is_current(&self) -> Result<bool, CacheError> {
        let path = self.root().join(VERSION_FILE);
        let Some(bytes) = files::read_if_there(&path)? else { return Ok(false) };
        match parse_version(&bytes) {
            Some(VERSION) => Ok(true),
            Some(found) if found > VERSION => {
                Err(CacheError::Newer { path: self.root().to_owned(), found, known: VERSION })
            }
            Some(_) => Ok(false),
            None => {
                self.warn(Warning { path, damage: Damage::Header });
                Ok(false)
            }
        }
    }

    /// The cache's folder.
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// What was found damaged since the last call.
    pub fn take_warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut *self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn warn(&self, warning: Warning) {
        self.0.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
    }

    /// The cache's time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(super) fn folder(&self, inputs: &Inputs) -> EntryFolder {
        EntryFolder::new(self.clone(), inputs.clone())
    }

    /// The keys of all entries, sorted. Other names in the folder are not ours and are left alone, and so are links, which lead
    /// out of it.
    pub fn keys(&self) -> Result<Vec<Key>, CacheError> {
        let paths = files::list_folder(self.root())?;
        let own = paths.iter().filter(|path| !path.is_symlink());
        Ok(own.filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect())
    }

    pub(super) fn path_of(&self, key: &Key) -> PathBuf {
        self.root().join(key.to_string())
    }
}

/// The version and a checksum of it, so that a damaged digit is not taken for a newer version.
fn version_text(version: u32) -> String {
    let digits = version.to_string();
    format!("{digits} {}\n", Digest::of(digits.as_bytes()).short())
}

fn parse_version(bytes: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(bytes).ok()?;
    let version = text.split(' ').next()?.parse().ok()?;
    (version_text(version) == text).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_cache_is_made_once_and_tagged_for_backups_and_git() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let root = folder.path().join("runs/.cache");
        assert!(Cache::look(&root, SystemClock::shared()).expect("looks").is_none());
        assert!(!root.exists());
        Cache::open(&root, SystemClock::shared()).expect("opens");
        Cache::open(&root, SystemClock::shared()).expect("opens again");
        let tag = files::read_text(&root.join("CACHEDIR.TAG")).expect("tag");
        assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
        assert_eq!(files::read_text(&root.join(".gitignore")).expect("ignore file"), "*\n");
    }

    #[test]
    fn a_newer_cache_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().expect("temporary folder");
        files::write_atomic(&folder.path().join("version"), version_text(2).as_bytes()).expect("writes");
        let error = Cache::open(folder.path(), SystemClock::shared()).expect_err("newer");
        assert!(matches!(error, CacheError::Newer { found: 2, known: 1, .. }), "{error}");
        assert!(error.hint().is_some());
        assert_eq!(files::list_folder(folder.path()).expect("lists").len(), 1);
    }

    #[test]
    fn a_flipped_bit_in_the_version_is_damage_and_not_a_newer_version() {
        for position in 0..version_text(VERSION).len() {
            for bit in 0..8 {
                let mut bytes = version_text(VERSION).into_bytes();
                bytes[position] ^= 1 << bit;
                assert_eq!(parse_version(&bytes), None, "byte {position}, bit {bit}");
            }
        }
    }
}
