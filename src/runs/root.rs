//! All runs: the folder `runs/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::RunDir;
use super::error::RunError;
use super::status::State;
use crate::clock::{Clock, Moment};
use crate::files;

/// The folder `runs/`.
#[derive(Clone, Debug)]
pub struct Runs {
    root: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
}

impl Runs {
    /// The runs in a folder, which need not exist yet.
    pub fn at(root: &Path, clock: Arc<dyn Clock>) -> Self {
        Self { root: root.to_owned(), clock }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now().into()
    }

    /// The folder of an experiment's runs.
    pub fn folder(&self, name: &str) -> Result<PathBuf, RunError> {
        if is_name(name) { Ok(self.root.join(name)) } else { Err(RunError::Name(name.to_owned())) }
    }

    /// The names that have runs, in byte order.
    pub fn names(&self) -> Result<Vec<String>, RunError> {
        let mut names = Vec::new();
        for path in files::list_folder(&self.root)? {
            if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_name(name))
                && path.is_dir()
                && !self.list(Some(name))?.is_empty()
            {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// The runs of one name in the order of their numbers, or of all names.
    pub fn list(&self, name: Option<&str>) -> Result<Vec<RunDir>, RunError> {
        let Some(name) = name else {
            let runs: Result<Vec<_>, _> = self.names()?.iter().map(|name| self.list(Some(name))).collect();
            return Ok(runs?.concat());
        };
        let folder = self.folder(name)?;
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut runs: Vec<RunDir> = files::list_folder(&folder)?.iter().filter_map(|path| RunDir::at(path)).collect();
        runs.sort_by_key(|run| run.id().number);
        Ok(runs)
    }

    /// The run's state as it is now.
    pub fn state(&self, run: &RunDir) -> State {
        run.state(self.now())
    }

    /// The cache entries that runs use, and which runs.
    pub fn cache_uses(&self) -> Result<BTreeMap<String, Vec<RunDir>>, RunError> {
        let mut uses: BTreeMap<String, Vec<RunDir>> = BTreeMap::new();
        for run in self.list(None)? {
            // A status that cannot be read names no keys; whatever the run needs can be computed again.
            for key in run.status().map(|status| status.keys).unwrap_or_default() {
                uses.entry(key).or_default().push(run.clone());
            }
        }
        Ok(uses)
    }
}

/// Whether the name stays within `runs/` and is not hidden there.
fn is_name(name: &str) -> bool {
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
}
