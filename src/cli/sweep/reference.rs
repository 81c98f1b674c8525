//! Sweeps as the verbs that show runs take them: a folder, `NAME/sweeps/ID`, an id, or `NAME@sweep`, the latest of an experiment.

use std::path::{Path, PathBuf};

use crate::files;
use crate::report::SweepView;
use crate::runs::{RunDir, RunError, Runs};

/// What every sweep's folder has.
const DEFINITION: &str = "sweep.toml";
/// Where an experiment keeps its sweeps.
const SWEEPS: &str = "sweeps";
/// What follows a name where its latest sweep is meant.
const LATEST: &str = "@sweep";

/// The folder of the sweep that a text names, if it names one.
pub fn find(runs: &Runs, wanted: &str) -> Result<Option<PathBuf>, RunError> {
    if let Some(name) = wanted.strip_suffix(LATEST) {
        return Ok(of_name(runs, name)?.pop());
    }
    let is_sweep = |folder: &PathBuf| {
        folder.join(DEFINITION).is_file() && folder.parent().is_some_and(|all| all.ends_with(SWEEPS))
    };
    let here = Path::new(wanted).canonicalize().ok();
    if let Some(folder) = here.into_iter().chain([runs.root().join(wanted)]).find(is_sweep) {
        return Ok(Some(folder));
    }
    let mut all = Vec::new();
    for name in runs.names()? {
        all.extend(of_name(runs, &name)?);
    }
    Ok(all.into_iter().find(|folder| folder.ends_with(wanted) && !wanted.contains('/')))
}

/// The sweeps of an experiment, in the order of their numbers.
fn of_name(runs: &Runs, name: &str) -> Result<Vec<PathBuf>, RunError> {
    let mut folders = files::list_folder(&runs.folder(name)?.join(SWEEPS))?;
    folders.retain(|folder| folder.join(DEFINITION).is_file());
    folders.sort();
    Ok(folders)
}

/// The runs of a sweep that are there, in the order of their numbers.
pub fn runs_of(runs: &Runs, sweep: &SweepView) -> Result<Vec<RunDir>, RunError> {
    let mut list = runs.list(Some(&sweep.name))?;
    list.retain(|run| sweep.trials.iter().any(|trial| trial.runs.contains(&run.id().to_string())));
    Ok(list)
}
