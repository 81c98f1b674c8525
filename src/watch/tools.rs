//! What a session is given, and how it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::event::{Finish, WatchReporter};
use super::queue::OnBusy;
use crate::clock::Clock;
use crate::runs::Runs;
use crate::spec::{Experiment, Problems};
use crate::stages::{Outcome, Prepared, StageError};
use crate::stop::StopToken;
use crate::sweep::SweepReporter;

/// Loads an experiment file.
pub type Load = dyn Fn(&Path) -> Result<Experiment, Problems> + Send + Sync;

/// Adds to a run that is done what others look at; an error is told as people read it.
pub type Complete = dyn Fn(&Runs, &Prepared, &Outcome) -> Result<(), String> + Send + Sync;

/// Runs what is missing of an experiment's sweep; an error is told as people read it.
pub type RunSweep = dyn Fn(&Experiment, &dyn SweepReporter, &StopToken) -> Result<Finish, String> + Send + Sync;

/// What a session needs from the outside.
pub struct Tools {
    /// Loads an experiment file.
    pub load: Box<Load>,
    /// Shows the problems of one.
    pub render: Box<dyn Fn(&Problems) -> String + Send + Sync>,
    /// Shows why a run could not be done.
    pub explain: Box<dyn Fn(StageError) -> String + Send + Sync>,
    /// Where the runs of a project are.
    pub runs_of: Box<dyn Fn(&Path) -> Runs + Send + Sync>,
    /// Writes the report of a run that is done.
    pub complete: Box<Complete>,
    /// Runs the sweep of an experiment that has one; without it, such an experiment runs once, with its own settings.
    pub sweep: Option<Box<RunSweep>>,
    /// Who listens.
    pub reporter: Box<dyn WatchReporter>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// How to watch.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder; absolute.
    pub folder: PathBuf,
    /// What a change of a running experiment does.
    pub on_busy: OnBusy,
    /// Poll in this interval instead of asking the system for events.
    pub poll: Option<Duration>,
    /// End once everything is done that is not done yet.
    pub once: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was done.
    AllDone,
    /// Everything was tried, and something failed or is broken.
    SomeFailed,
    /// A stop was requested.
    Stopped,
}

/// The folder cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// There is no such folder.
    #[error("there is no folder `{}` to watch", .0.display())]
    NoFolder(PathBuf),
    /// Neither events nor polling work.
    #[error("the folder `{}` cannot be watched", folder.display())]
    Unwatchable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: notify::Error,
    },
}
