//! Digests of files that were read before, for whoever looks at the same folders again and again.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::digest::Digest;

/// A file that was written less than this before it was read may be written once more within the same tick of the
/// filesystem's clock. Two seconds is the coarsest tick in use (FAT).
const TICK: Duration = Duration::from_secs(2);

/// What says that a file is as it was: length, time, and on Unix the file behind the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    bytes: u64,
    modified: SystemTime,
    file: [u64; 2],
}

impl Stamp {
    /// The stamp of a file; none where the system keeps no times.
    pub fn of(metadata: &Metadata) -> Option<Self> {
        Some(Self { bytes: metadata.len(), modified: metadata.modified().ok()?, file: file_of(metadata) })
    }

    /// Whether a later change of the file would show in its stamp.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        now.duration_since(self.modified).is_ok_and(|age| age > TICK)
    }
}

#[cfg(unix)]
fn file_of(metadata: &Metadata) -> [u64; 2] {
    use std::os::unix::fs::MetadataExt;
    [metadata.ino(), metadata.ctime() as u64 ^ (metadata.ctime_nsec() as u64) << 32]
}

#[cfg(not(unix))]
fn file_of(_: &Metadata) -> [u64; 2] {
    [0; 2]
}

/// Digests of files by path, each valid as long as the file's stamp is the same. Shared between threads.
#[derive(Debug, Default)]
pub struct Digests(Mutex<HashMap<PathBuf, (Stamp, Digest)>>);

impl Digests {
    /// The digest of a file that has not changed since it was read.
    pub(super) fn recall(&self, path: &Path, metadata: &Metadata) -> Option<Digest> {
        let stamp = Stamp::of(metadata)?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(path).filter(|(known, _)| *known == stamp).map(|(_, digest)| *digest)
    }

    /// Keeps the digest of a file that was read at `now` or later, if a change of it would show.
    pub(super) fn keep(&self, path: &Path, metadata: &Metadata, digest: Digest, now: SystemTime) {
        if let Some(stamp) = Stamp::of(metadata).filter(|stamp| stamp.is_settled(now)) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), (stamp, digest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &Path, text: &str, at: SystemTime) -> Metadata {
        std::fs::write(path, text).expect("it can be written");
        crate::files::touch(path, at).expect("its time can be set");
        std::fs::metadata(path).expect("it is there")
    }

    #[test]
    fn a_digest_is_recalled_until_the_file_changes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("image");
        let (now, digests) = (SystemTime::now(), Digests::default());
        let before = written(&path, "one", now - 2 * TICK);
        digests.keep(&path, &before, Digest::of(b"one"), now);
        assert_eq!(digests.recall(&path, &before), Some(Digest::of(b"one")));
        let after = written(&path, "two", now - TICK);
        assert_eq!(digests.recall(&path, &after), None);
    }

    #[test]
    fn a_file_that_was_only_just_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("image");
        let (now, digests) = (SystemTime::now(), Digests::default());
        let metadata = written(&path, "one", now);
        digests.keep(&path, &metadata, Digest::of(b"one"), now);
        assert_eq!(digests.recall(&path, &metadata), None);
    }
}
