//! Into a run directory: pictures, page and events.

use std::path::Path;

use crate::files;

use super::error::{ReportError, ReportProblem};
use super::tensorboard::event_file_name;
use super::{Pictures, RunView, confusion_svg, curves_svg, event_file, run_page};

/// Writes `curves.svg`, `confusion.svg`, `report.html` and the TensorBoard event file of a run into its directory.
pub fn write_run(dir: &Path, run: &RunView, pictures: &Pictures) -> Result<(), ReportError> {
    write(dir, "curves.svg", curves_svg(run).as_bytes())?;
    write(dir, "confusion.svg", confusion_svg(run).as_bytes())?;
    write(dir, "report.html", run_page(run, pictures).as_bytes())?;
    write(dir, &event_file_name(run), &event_file(run))
}

fn write(dir: &Path, file: &str, bytes: &[u8]) -> Result<(), ReportError> {
    let path = dir.join(file);
    files::write_atomic(&path, bytes).map_err(|error| ReportError { path, problem: ReportProblem::Write(error) })
}
