//! How a run stands: `status.json`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::RunError;
use super::identity::Identity;
use super::process::{Presence, ProcessTable, Stamp};
use crate::clock::Moment;
use crate::files::{self, Lock};

pub(super) const STATUS: &str = "status.json";
/// Held by the process that works on the run.
pub(super) const RUN_LOCK: &str = ".lock";

/// How often a running process says so.
pub(super) const BEAT: Duration = Duration::from_secs(5);
/// Without a beat for so long, a process on another machine counts as gone: a dozen beats, and some for clocks that disagree.
const SILENCE: Duration = Duration::from_secs(90);

/// A run's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A process is working on it.
    Running,
    /// It ended as it should.
    Done,
    /// It ended with an error.
    Failed,
    /// Its loss became infinite or no number.
    Diverged,
    /// It was stopped, or its process vanished: it can go on.
    Interrupted,
    /// A sweep gave it up early.
    Pruned,
}

impl State {
    /// The word that files and tables use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Diverged => "diverged",
            Self::Interrupted => "interrupted",
            Self::Pruned => "pruned",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The content of `status.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// As the process last wrote it. What is true now is `Status::honest`'s to say.
    pub state: State,
    /// The stage at work, or the last one.
    pub stage: Option<String>,
    /// Epochs of the stage that are finished.
    pub epoch: Option<u32>,
    /// Epochs that the stage will have.
    pub epochs: Option<u32>,
    /// When the process last said that it is there.
    pub heartbeat: Moment,
    /// When the run first started.
    pub started: Moment,
    /// When it ended.
    pub finished: Option<Moment>,
    /// What is to be said of the state.
    pub message: Option<String>,
    /// What the run is of.
    pub identity: Identity,
    /// The process at work, or the last one.
    pub process: Stamp,
    /// How often the run was taken up again.
    pub resumed: u32,
    /// The cache entries that it uses.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The version of frostline.
    pub version: String,
}

impl Status {
    /// Reads a run's status.
    pub fn read(run: &Path) -> Result<Self, RunError> {
        let path = run.join(STATUS);
        let bytes = files::read(&path)?;
        serde_json::from_slice(&bytes).map_err(|error| RunError::Damaged { path, why: error.to_string() })
    }

    pub(super) fn write(&self, run: &Path) -> Result<(), RunError> {
        let mut text = serde_json::to_vec_pretty(self).expect("texts and numbers always serialise");
        text.push(b'\n');
        Ok(files::write_atomic(&run.join(STATUS), &text)?)
    }

    /// The state as it is at `now`: running only if the process is really there and at work on the run, else interrupted.
    ///
    /// Where the process can be seen, the run's lock says whether it is at work: it may live on although it could not write how the run
    /// ended.
    pub(super) fn honest(&self, run: &Path, now: Moment, table: &ProcessTable) -> State {
        if self.state != State::Running {
            return self.state;
        }
        let is_held = || Lock::is_held(&run.join(RUN_LOCK));
        let there = match table.presence(&self.process) {
            Presence::Here => is_held(),
            Presence::Gone => false,
            Presence::Elsewhere => is_held() || now.since(self.heartbeat) < SILENCE,
        };
        if there { State::Running } else { State::Interrupted }
    }
}
