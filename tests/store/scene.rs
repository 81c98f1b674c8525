//! A cache in a temporary folder, and what the tests put into it.

use std::path::PathBuf;

use frostline::cache::{Cache, Inputs};
use frostline::clock::SystemClock;
use frostline::digest::Digest;
use frostline::files::{Wait, Waiting};
use frostline::stop::StopToken;
use tempfile::TempDir;

/// A temporary folder that holds a cache.
pub struct Scene {
    folder: TempDir,
}

impl Scene {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("runs/.cache")
    }

    /// A fresh handle, as another process would have.
    pub fn cache(&self) -> Cache {
        Cache::open(&self.root(), SystemClock::shared()).expect("the cache opens")
    }
}

pub fn inputs() -> Inputs {
    Inputs::new("features").with("weights", "w").with("target_size", 150)
}

/// The digest of the nth image.
pub fn image(nth: u32) -> Digest {
    Digest::of(&nth.to_le_bytes())
}

/// The nth image's record: its bytes differ from those of every other.
pub fn record(nth: u32, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (nth as usize * 31 + at * 7) as u8).collect()
}

/// Waits for as long as it takes, and calls `body` with the wait.
pub fn patiently<T>(body: impl FnOnce(Wait<'_>) -> T) -> T {
    body(Wait { stop: &StopToken::new(), on_wait: &mut |_: &Waiting| {} })
}
