//! The report of a run: from its directory, its experiment and its images.

use super::failure::Failure;
use crate::data::{self, Manifest};
use crate::report::{self, Augmented, Pictures, Pixels, ReportError, RunView};
use crate::runs::{RunDir, Runs};
use crate::stages::{self, Prepared, StageError, Wanted};

/// Examples of augmentation: what a page shows beside each other.
const WANTED: Wanted = Wanted { images: 8, epochs: 7 };

/// A run as reports see it, in the state that it is in now.
pub fn view(runs: &Runs, run: &RunDir) -> Result<RunView, ReportError> {
    let mut view = RunView::load(run.path())?;
    view.state = runs.state(run).word().to_owned();
    if !runs.root().ends_with("runs") {
        let root = runs.root().display();
        view.command = format!("frostline --runs {root} run {}", run.file("spec.toml").display());
    }
    Ok(view)
}

/// Writes pictures, page and TensorBoard events into a run's directory.
pub fn write(runs: &Runs, run: &RunDir, prepared: &Prepared) -> Result<(), Failure> {
    let view = view(runs, run)?;
    let augmented = augmented(prepared, &view)?;
    let validation = |path: &str| thumbnail(&prepared.validation, path);
    Ok(report::write_run(run.path(), &view, &Pictures { validation: &validation, augmented })?)
}

/// A validation image as it is; none where it can no longer be read.
fn thumbnail(manifest: &Manifest, path: &str) -> Option<Pixels> {
    data::load_original(&data::path_under(&manifest.root, path)).ok()
}

fn augmented(prepared: &Prepared, view: &RunView) -> Result<Vec<Augmented>, StageError> {
    let skipped: Vec<String> = view.skipped.iter().map(|file| file.path.clone()).collect();
    let examples = stages::examples(prepared, &skipped, WANTED)?.into_iter();
    Ok(examples
        .map(|example| Augmented {
            path: example.path,
            class: example.class,
            original: Some(example.original),
            variants: example.variants,
        })
        .collect())
}
