//! What an experiment was loaded from: its layers, its project, and where it was loaded. Kept with it, so that it can be resolved again.

use std::path::{Path, PathBuf};

use super::layer::Layer;
use super::origin::Origin;
use super::paths::{absolute, shown};

/// Whether what the experiment names must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDisk {
    /// Data folders and weights that are missing are problems.
    #[default]
    Checked,
    /// Paths are taken as they are: for the frozen spec of a run whose data may be gone.
    Unchecked,
}

/// What an experiment was loaded from.
#[derive(Debug)]
pub struct Context {
    /// Files, environment and arguments, the lowest first.
    pub layers: Vec<Layer>,
    /// The experiment's own file, absolute.
    pub file: PathBuf,
    /// It and everything it extends, absolute.
    pub files: Vec<PathBuf>,
    /// The folder that holds `experiments/` and `runs/`.
    pub project_root: PathBuf,
    /// To which paths of the environment and of arguments are relative.
    pub cwd: PathBuf,
    /// The running binary, near which the default weights may lie.
    pub binary: Option<PathBuf>,
    /// Whether data and weights must be there.
    pub on_disk: OnDisk,
}

impl Context {
    /// How messages show a path.
    pub fn shown(&self, path: &Path) -> String {
        shown(&self.cwd, path)
    }

    /// A written path, seen from whoever wrote it.
    pub fn absolute(&self, origin: Option<&Origin>, path: &str) -> PathBuf {
        let folder = match origin {
            Some(Origin::File { file, .. }) => file.folder(),
            Some(Origin::Point { folder, .. }) => folder,
            Some(Origin::Environment { .. } | Origin::Set { .. } | Origin::Defaults) | None => &self.cwd,
        };
        absolute(folder, Path::new(path))
    }

    /// Folders near which the default weights may lie: those of the files, and the binary's.
    pub fn near(&self) -> Vec<PathBuf> {
        let files = self.files.iter().chain(&self.binary);
        files.filter_map(|file| file.parent()).map(Path::to_owned).collect()
    }
}
