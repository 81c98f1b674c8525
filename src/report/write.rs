//! Into a run directory: pictures, page and events.

use std::path::Path;

use crate::files;

use super::error::{ReportError, ReportProblem};
use super::tensorboard::{EVENTS, event_file_name};
use super::{Pictures, RunView, confusion_svg, curves_svg, event_file, run_page};

/// Besides the events, what a finished run has for people.
const FILES: [&str; 3] = ["curves.svg", "confusion.svg", "report.html"];

/// Writes `curves.svg`, `confusion.svg`, `report.html` and the TensorBoard event file of a run into its directory.
pub fn write_run(dir: &Path, run: &RunView, pictures: &Pictures) -> Result<(), ReportError> {
    let [curves, confusion, page] = FILES;
    write(&dir.join(curves), curves_svg(run).as_bytes())?;
    write(&dir.join(confusion), confusion_svg(run).as_bytes())?;
    write(&dir.join(page), run_page(run, pictures).as_bytes())?;
    write(&dir.join(event_file_name(run)), &event_file(run))
}

/// Whether a run's directory has all that [`write_run`] writes.
pub fn is_written(dir: &Path) -> bool {
    let there = FILES.iter().all(|file| dir.join(file).is_file());
    let names = files::list_folder(dir).unwrap_or_default();
    let is_events = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(EVENTS));
    there && names.iter().any(|path| is_events(path))
}

/// Writes a page, or another file for people, whole.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let refused = |error| ReportError { path: path.to_owned(), problem: ReportProblem::Write(error) };
    files::write_atomic(path, bytes).map_err(refused)
}
