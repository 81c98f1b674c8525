//! What people call a run: a path, an id, `name`, `name@latest`, `name@best`.

use std::path::Path;

use super::directory::RunDir;
use super::error::RunError;
use super::identity::RunId;
use super::metrics::MetricsRow;
use super::root::Runs;
use super::status::{STATUS, State};

impl Runs {
    /// The run that a text names: a path to a run's directory, `0003-ab12cd34`, `0003`, `name/0003`, `name` or `name@latest` (the
    /// highest number), `name@best` (of the finished ones, the highest validation accuracy in the last stage), `name@3`.
    ///
    /// # Errors
    ///
    /// Nothing is called that, or several runs are; the error says what may have been meant.
    pub fn resolve(&self, wanted: &str) -> Result<RunDir, RunError> {
        let path = Path::new(wanted);
        if path.join(STATUS).is_file()
            && let Some(run) = path.canonicalize().ok().and_then(|path| RunDir::at(&path))
        {
            return Ok(run);
        }
        if let Some((name, which)) = wanted.split_once('@') {
            return self.of_name(name, which, wanted);
        }
        if self.names()?.iter().any(|name| name == wanted) {
            return self.of_name(wanted, "latest", wanted);
        }
        match wanted.trim_end_matches('/').rsplit_once('/') {
            Some((name, id)) => self.one_of(self.list_of(name, wanted)?, id, wanted),
            None => self.one_of(self.list(None)?, wanted, wanted),
        }
    }

    fn of_name(&self, name: &str, which: &str, wanted: &str) -> Result<RunDir, RunError> {
        let mut runs = self.list_of(name, wanted)?;
        match which {
            "latest" => runs.pop().ok_or_else(|| self.not_found(wanted)),
            "best" => self.best(runs, name),
            id => self.one_of(runs, id, wanted),
        }
    }

    /// The runs of a name, of which there is one at least.
    fn list_of(&self, name: &str, wanted: &str) -> Result<Vec<RunDir>, RunError> {
        let name = name.rsplit('/').next().unwrap_or(name);
        match self.list(Some(name)) {
            Ok(runs) if !runs.is_empty() => Ok(runs),
            Ok(_) | Err(RunError::Name(_)) => Err(self.not_found(wanted)),
            Err(error) => Err(error),
        }
    }

    /// The one run among these that has the id or the number.
    fn one_of(&self, runs: Vec<RunDir>, id: &str, wanted: &str) -> Result<RunDir, RunError> {
        let exact = id.parse::<RunId>().ok();
        let number = id.parse::<u32>().ok();
        let is_it = |run: &RunDir| match &exact {
            Some(exact) => run.id() == exact,
            None => Some(run.id().number) == number,
        };
        let mut found: Vec<RunDir> = runs.into_iter().filter(is_it).collect();
        match found.len() {
            0 => Err(self.not_found(wanted)),
            1 => Ok(found.remove(0)),
            _ => Err(RunError::Ambiguous {
                wanted: wanted.to_owned(),
                candidates: found.iter().map(RunDir::label).collect(),
            }),
        }
    }

    fn best(&self, runs: Vec<RunDir>, name: &str) -> Result<RunDir, RunError> {
        let mut best: Option<(f64, RunDir)> = None;
        for run in runs.into_iter().filter(|run| self.state(run) == State::Done) {
            let accuracy = best_val_accuracy(&run.metrics()?);
            // Of equals the earlier one stays the best.
            if let Some(accuracy) = accuracy.filter(|found| best.as_ref().is_none_or(|(most, _)| found > most)) {
                best = Some((accuracy, run));
            }
        }
        best.map(|(_, run)| run).ok_or_else(|| RunError::NoBest { name: name.to_owned() })
    }

    fn not_found(&self, wanted: &str) -> RunError {
        /// Names are less alike than this by accident.
        const ALIKE: f64 = 0.7;
        let mut candidates = self.names().unwrap_or_default();
        candidates.extend(self.list(None).unwrap_or_default().iter().map(|run| run.id().to_string()));
        let (base, suffix) = wanted.split_once('@').map_or((wanted, ""), |(base, _)| (base, &wanted[base.len()..]));
        let likeness = |candidate: &String| strsim::jaro_winkler(candidate, base);
        let near = candidates.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let near = near.filter(|near| likeness(near) > ALIKE && near != base);
        RunError::NotFound { wanted: wanted.to_owned(), near: near.map(|near| format!("{near}{suffix}")) }
    }
}

/// The highest validation accuracy of the last stage.
pub(super) fn best_val_accuracy(rows: &[MetricsRow]) -> Option<f64> {
    let last = &rows.last()?.stage;
    let accuracies = rows.iter().filter(|row| row.stage == *last).filter_map(|row| row.val_accuracy);
    accuracies.max_by(f64::total_cmp)
}
