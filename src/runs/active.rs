//! A run that this process works on.

use std::path::Path;
use std::sync::Arc;

use super::directory::{METRICS, PREDICTIONS, RunDir, SUMMARY};
use super::error::RunError;
use super::identity::RunId;
use super::metrics::{MetricsRow, metrics_csv};
use super::predictions::{PredictionRow, predictions_csv};
use super::pulse::Pulse;
use super::status::{State, Status};
use super::summary::Summary;
use crate::clock::{Clock, Moment};
use crate::files::{self, Appender, Lock};

const LOG: &str = "log.txt";

/// A run that this process, and no other, works on. Dropped without [`ActiveRun::end`], it is interrupted; by a panic, failed.
#[derive(Debug)]
pub struct ActiveRun {
    directory: RunDir,
    pulse: Pulse,
    clock: Arc<dyn Clock>,
    log: Option<Appender>,
    ended: bool,
    _lock: Lock,
}

impl ActiveRun {
    pub(super) fn new(directory: RunDir, status: Status, clock: Arc<dyn Clock>, lock: Lock) -> Self {
        let pulse = Pulse::start(directory.path(), status, clock.clone());
        Self { directory, pulse, clock, log: None, ended: false, _lock: lock }
    }

    /// The directory.
    pub fn directory(&self) -> &RunDir {
        &self.directory
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The run's id.
    pub fn id(&self) -> &RunId {
        self.directory.id()
    }

    /// Whether it was worked on before.
    pub fn is_resumed(&self) -> bool {
        self.pulse.status().resumed > 0
    }

    /// When it first started.
    pub fn started(&self) -> Moment {
        self.pulse.status().started
    }

    /// Notes how far it is: `epoch` of `epochs` are finished in the stage.
    pub fn progress(&self, stage: &str, epoch: u32, epochs: u32) {
        self.pulse.note(|status| {
            status.stage = Some(stage.to_owned());
            status.epoch = Some(epoch);
            status.epochs = Some(epochs);
        });
    }

    /// Notes that it uses an entry of the cache, which is kept while the run is.
    pub fn use_key(&self, key: &impl ToString) -> Result<(), RunError> {
        let key = key.to_string();
        if self.pulse.status().keys.contains(&key) {
            return Ok(());
        }
        self.pulse.set(|status| status.keys.push(key))
    }

    /// Whether it has used an entry of the cache, now or before it was interrupted.
    pub fn uses_key(&self, key: &impl ToString) -> bool {
        self.pulse.status().keys.contains(&key.to_string())
    }

    /// Writes `metrics.csv`: all rows so far.
    pub fn write_metrics(&self, rows: &[MetricsRow]) -> Result<(), RunError> {
        self.write(METRICS, &metrics_csv(rows))
    }

    /// Writes `predictions.csv`.
    pub fn write_predictions(&self, rows: &[PredictionRow]) -> Result<(), RunError> {
        self.write(PREDICTIONS, &predictions_csv(rows))
    }

    /// Writes `summary.json`.
    pub fn write_summary(&self, summary: &Summary) -> Result<(), RunError> {
        let mut text = serde_json::to_vec_pretty(summary).expect("texts and numbers always serialise");
        text.push(b'\n');
        self.write(SUMMARY, &text)
    }

    /// Writes any other file of the run, whole.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        Ok(files::write_atomic(&self.directory.file(name), bytes)?)
    }

    /// Adds a line to `log.txt`.
    pub fn log(&mut self, line: &str) -> Result<(), RunError> {
        let line = format!("{} {line}\n", Moment::from(self.clock.now()));
        if self.log.is_none() {
            self.log = Some(Appender::open(&self.directory.file(LOG))?);
        }
        match &mut self.log {
            Some(log) => Ok(log.append(line.as_bytes())?),
            None => Ok(()),
        }
    }

    /// Ends the work: the state is on the disk on return, and others may take the run up.
    pub fn end(mut self, state: State, message: Option<String>) -> Result<RunDir, RunError> {
        self.close(state, message)?;
        Ok(self.directory.clone())
    }

    fn close(&mut self, state: State, message: Option<String>) -> Result<(), RunError> {
        self.ended = true;
        self.pulse.stop();
        let now = Moment::from(self.clock.now());
        self.pulse.set(|status| {
            status.state = state;
            status.message = message;
            status.finished = Some(now);
        })
    }
}

impl Drop for ActiveRun {
    fn drop(&mut self) {
        if !self.ended {
            let (state, message) = match std::thread::panicking() {
                true => (State::Failed, "stopped by a bug"),
                false => (State::Interrupted, "stopped before its end"),
            };
            // If the disk refuses even this, the run is interrupted all the same: its lock is free.
            let _ = self.close(state, Some(message.to_owned()));
        }
    }
}
