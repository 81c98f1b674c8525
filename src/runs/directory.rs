//! One run's directory, for readers.

use std::path::{Path, PathBuf};

use super::error::RunError;
use super::identity::RunId;
use super::metrics::{MetricsRow, parse_metrics};
use super::process::ProcessTable;
use super::status::{State, Status};
use super::summary::Summary;
use crate::clock::Moment;
use crate::files;

pub(super) const SPEC: &str = "spec.toml";
pub(super) const METRICS: &str = "metrics.csv";
pub(super) const PREDICTIONS: &str = "predictions.csv";
pub(super) const SUMMARY: &str = "summary.json";

/// A run's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
    name: String,
    id: RunId,
}

impl RunDir {
    /// The run in a directory `<name>/<id>`, if the path looks like one.
    pub fn at(path: &Path) -> Option<Self> {
        let id = path.file_name()?.to_str()?.parse().ok()?;
        let name = path.parent()?.file_name()?.to_str()?.to_owned();
        Some(Self { path: path.to_owned(), name, id })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The experiment's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The run's number and digits.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The experiment's name and the run's id: `cats-vs-dogs/0003-ab12cd34`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.name, self.id)
    }

    /// The path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The status as it was last written.
    pub fn status(&self) -> Result<Status, RunError> {
        Status::read(&self.path)
    }

    /// The state as it is at `now`: a run whose process is gone is interrupted, and so is one whose status cannot be read.
    pub fn state(&self, now: Moment) -> State {
        let table = ProcessTable::default();
        let look = || self.status().map_or(State::Interrupted, |status| status.honest(&self.path, now, &table));
        match look() {
            // It may have ended between the look at its status and that at its lock, which is held until the status says so.
            State::Interrupted => look(),
            state => state,
        }
    }

    /// The resolved experiment.
    pub fn spec(&self) -> Result<String, RunError> {
        Ok(files::read_text(&self.file(SPEC))?)
    }

    /// The rows of `metrics.csv`; none before the first epoch.
    pub fn metrics(&self) -> Result<Vec<MetricsRow>, RunError> {
        let path = self.file(METRICS);
        match files::read_if_there(&path)? {
            Some(bytes) => parse_metrics(&bytes).map_err(|why| RunError::Damaged { path, why }),
            None => Ok(Vec::new()),
        }
    }

    /// The summary; `None` before the run has ended.
    pub fn summary(&self) -> Result<Option<Summary>, RunError> {
        let path = self.file(SUMMARY);
        let Some(bytes) = files::read_if_there(&path)? else { return Ok(None) };
        let parsed = serde_json::from_slice(&bytes);
        parsed.map(Some).map_err(|error| RunError::Damaged { path, why: error.to_string() })
    }
}
