//! A cache in a temporary folder, and what the tests put into it.

use std::path::{Path, PathBuf};

use frostline::cache::{Cache, Inputs};
use frostline::clock::SystemClock;
use frostline::digest::Digest;
use frostline::files::{self, Wait, Waiting};
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

/// Fails as soon as it would have to wait.
pub fn impatiently<T>(body: impl FnOnce(Wait<'_>) -> T) -> T {
    let stop = StopToken::new();
    stop.request();
    body(Wait { stop: &stop, on_wait: &mut |_: &Waiting| {} })
}

/// All files below a folder with their contents, by path: what a failed operation must not have changed.
pub fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for path in files::list_folder(folder).expect("lists") {
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push((path.clone(), files::read(&path).expect("reads")));
        }
    }
    found
}

/// The one file below a folder whose name ends so.
pub fn only_file(folder: &Path, ending: &str) -> PathBuf {
    let mut found = files_below(folder).into_iter().map(|(path, _)| path);
    found.find(|path| path.to_string_lossy().ends_with(ending)).expect("such a file")
}
