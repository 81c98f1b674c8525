//! A sweep's folder.
//!
//! ```text
//! runs/<name>/sweeps/<NNNN>-<8 hex of what defines the sweep>/
//!   sweep.toml                  the experiment with its `[sweep]`, resolved, as it was last submitted
//!   index.json                  the points, their seeds, and the runs that they are
//!   points/0003-seed0.toml      the resolved experiment of a point; runnable as it is
//!   reached/0003-seed0.csv      what a pruner saw of it, and decided
//!   locks/0003-seed0            held by the process that works on it
//!   trials.csv best.toml importance.csv
//! ```

use std::path::{Path, PathBuf};

use super::error::SweepError;
use super::index::{Index, Task, VERSION};
use crate::digest::Digest;
use crate::files::{self, Lock, Wait};
use crate::runs::{RunId, Runs};

const SWEEPS: &str = "sweeps";
const INDEX: &str = "index.json";
const DEFINITION: &str = "sweep.toml";

/// A sweep's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepDir {
    path: PathBuf,
    id: RunId,
}

impl SweepDir {
    /// The sweep in a folder `sweeps/<id>`, if the path looks like one.
    pub fn at(path: &Path) -> Option<Self> {
        let id = path.file_name()?.to_str()?.parse().ok()?;
        path.parent()?.ends_with(SWEEPS).then(|| Self { path: path.to_owned(), id })
    }

    /// All sweeps of an experiment's name, in the order of their numbers.
    pub fn list(runs: &Runs, name: &str) -> Result<Vec<Self>, SweepError> {
        let mut list: Vec<Self> =
            files::list_folder(&runs.folder(name)?.join(SWEEPS))?.iter().filter_map(|path| Self::at(path)).collect();
        list.sort_by_key(|sweep| sweep.id.number);
        Ok(list)
    }

    /// All sweeps of all names, those that have no run yet included.
    pub fn all(runs: &Runs) -> Result<Vec<Self>, SweepError> {
        let folders = files::list_folder(runs.root())?;
        let names = folders.iter().filter_map(|path| path.file_name()?.to_str());
        let lists = names.filter(|name| runs.folder(name).is_ok_and(|folder| folder.join(SWEEPS).is_dir()));
        Ok(lists.map(|name| Self::list(runs, name)).collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// The sweep of a definition, if it was ever submitted.
    pub fn find(runs: &Runs, name: &str, definition: &Digest) -> Result<Option<Self>, SweepError> {
        let hex = definition.short();
        Ok(Self::list(runs, name)?.into_iter().find(|sweep| sweep.id.hex == hex))
    }

    /// Where the sweep of a definition lies, or would lie.
    pub(super) fn place(runs: &Runs, name: &str, definition: &Digest) -> Result<Self, SweepError> {
        if let Some(found) = Self::find(runs, name, definition)? {
            return Ok(found);
        }
        let number = Self::list(runs, name)?.last().map_or(1, |last| last.id.number + 1);
        let id = RunId { number, hex: definition.short() };
        Ok(Self { path: runs.folder(name)?.join(SWEEPS).join(id.to_string()), id })
    }

    /// The sweep of a definition, made if need be; `text` is what `sweep.toml` will hold.
    pub(super) fn find_or_make(
        runs: &Runs,
        (name, definition): (&str, &Digest),
        text: &dyn Fn(&Path) -> String,
        mut wait: Wait<'_>,
    ) -> Result<Self, SweepError> {
        let folder = runs.folder(name)?.join(SWEEPS);
        let _naming = Lock::exclusive(&folder.join(".lock"), &mut wait)?;
        let place = Self::place(runs, name, definition)?;
        let (path, file) = (place.path(), place.file(DEFINITION));
        let text = text(path);
        // The extent may have changed, and who works on the sweep later reads it here.
        if files::read_if_there(&file)?.is_none_or(|known| known != text.as_bytes()) {
            files::create_folder(&path.join("points"))?;
            files::write_atomic(&file, text.as_bytes())?;
        }
        Ok(place)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of all runs.
    pub fn runs(&self) -> &Path {
        self.path.ancestors().nth(3).unwrap_or(&self.path)
    }

    /// The sweep's number and digits.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The frozen experiment of a task.
    pub fn point_file(&self, task: &Task) -> PathBuf {
        self.path.join("points").join(format!("{}.toml", task.name()))
    }

    /// What a pruner saw of a task.
    pub(super) fn reached_file(&self, task: &Task) -> PathBuf {
        self.path.join("reached").join(format!("{}.csv", task.name()))
    }

    /// The lock of whoever works on a task.
    pub(super) fn task_lock(&self, task: &Task) -> PathBuf {
        self.path.join("locks").join(task.name())
    }

    /// The lock of whoever changes the index.
    pub(super) fn lock(&self, wait: &mut Wait<'_>) -> Result<Lock, SweepError> {
        Ok(Lock::exclusive(&self.path.join(".lock"), wait)?)
    }

    /// The frozen points; `None` before the first is frozen.
    pub fn index(&self) -> Result<Option<Index>, SweepError> {
        let path = self.file(INDEX);
        let Some(bytes) = files::read_if_there(&path)? else { return Ok(None) };
        let damaged = |why: String| SweepError::Damaged { path: path.clone(), why };
        let index: Index = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        match index.version > VERSION {
            true => Err(damaged(format!("its version is {}, and this frostline knows {VERSION}", index.version))),
            false => Ok(Some(index)),
        }
    }

    pub(super) fn write_index(&self, index: &Index) -> Result<(), SweepError> {
        let mut text = serde_json::to_vec_pretty(index).expect("texts and numbers always serialise");
        text.push(b'\n');
        Ok(files::write_atomic(&self.file(INDEX), &text)?)
    }
}
