//! Runs as reports see them, and the report of a run: from its directory, its experiment and its images.

use std::collections::HashSet;

use super::failure::Failure;
use super::sweep::reference;
use crate::data::{self, Manifest};
use crate::report::{self, Augmented, Pictures, Pixels, ReportError, RunView, SweepView};
use crate::runs::{RunDir, Runs};
use crate::stages::{self, Outcome, Prepared, StageError, Wanted};

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

/// Several of them.
pub fn views(runs: &Runs, list: &[RunDir]) -> Result<Vec<RunView>, ReportError> {
    list.iter().map(|run| view(runs, run)).collect()
}

/// The runs that some texts name, each once. Besides what names one run, `NAME@all` names all runs of an experiment, and what names a
/// sweep all runs of that.
pub fn named(runs: &Runs, wanted: &[String]) -> Result<Vec<RunDir>, Failure> {
    let mut list: Vec<RunDir> = Vec::new();
    for text in wanted {
        list.extend(match (text.strip_suffix("@all"), reference::find(runs, text)?) {
            (_, Some(sweep)) => reference::runs_of(runs, &SweepView::load(&sweep)?)?,
            (Some(name), None) => runs.list(Some(runs.resolve(&format!("{name}@latest"))?.name()))?,
            (None, None) => vec![runs.resolve(text)?],
        });
    }
    let mut seen = HashSet::new();
    list.retain(|run| seen.insert(run.label()));
    Ok(list)
}

/// Completes what a run leaves: once it is done, it has its report, too.
///
/// # Errors
///
/// The report could not be written. The run is done all the same.
pub fn complete(runs: &Runs, prepared: &Prepared, outcome: &Outcome) -> Result<(), Failure> {
    let run = match outcome {
        Outcome::Done(run) => run,
        Outcome::AlreadyDone(run) if !report::is_written(run.path()) => run,
        Outcome::AlreadyDone(_) | Outcome::Interrupted(_) => return Ok(()),
    };
    write(runs, run, prepared).map_err(|failure| {
        let hint = "  hint: the run itself is done; `run` again writes what is missing of its report\n";
        Failure { text: failure.text + hint, ..failure }
    })
}

/// Writes pictures, page and TensorBoard events into a run's directory.
pub fn write(runs: &Runs, run: &RunDir, prepared: &Prepared) -> Result<(), Failure> {
    let view = view(runs, run)?;
    Ok(with_pictures(prepared, &view, |pictures| report::write_run(run.path(), &view, pictures))??)
}

/// Gives a page the pictures of a run.
pub fn with_pictures<T>(prepared: &Prepared, view: &RunView, f: impl FnOnce(&Pictures) -> T) -> Result<T, StageError> {
    let augmented = augmented(prepared, view)?;
    let validation = |path: &str| thumbnail(&prepared.validation, path);
    Ok(f(&Pictures { validation: &validation, augmented }))
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
