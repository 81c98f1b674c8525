//! One run after the other, on a thread of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::event::{WatchEvent, WatchReporter};
use super::session::Tools;
use crate::event::{Event, Reporter};
use crate::spec::Experiment;
use crate::stages::{self, Outcome, Plan, Request, StageError};
use crate::stop::StopToken;

/// A run at work.
pub(super) struct Worker {
    pub stop: StopToken,
    thread: JoinHandle<()>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// It is done, or was done before.
    Done,
    /// It was asked to stop, and did.
    Stopped,
    /// It could not be done.
    Failed,
}

impl Worker {
    /// Starts a run; `ended` is told how it ended.
    pub fn start(
        tools: &Arc<Tools>,
        file: PathBuf,
        experiment: Experiment,
        ended: impl FnOnce(Finish) + Send + 'static,
    ) -> Self {
        let stop = StopToken::new();
        let (token, tools) = (stop.clone(), Arc::clone(tools));
        let thread = std::thread::spawn(move || {
            let told = Told { file: &file, reporter: tools.reporter.as_ref() };
            let finish = match run(&tools, &told, experiment, &token) {
                Ok(finish) => finish,
                Err(error) => {
                    tools.reporter.event(&WatchEvent::Failed { experiment: file.clone(), error });
                    Finish::Failed
                }
            };
            ended(finish);
        });
        Self { stop, thread }
    }

    /// Waits for the end.
    pub fn join(self) {
        // A panic has already been printed, and the run says that it failed.
        let _ = self.thread.join();
    }
}

/// Runs an experiment and writes its report; an error is told as people read it.
fn run(tools: &Tools, told: &Told<'_>, experiment: Experiment, stop: &StopToken) -> Result<Finish, String> {
    let runs = (tools.runs_of)(&experiment.project_root);
    let explained = |error| (tools.explain)(error);
    let prepared = stages::prepare(experiment).map_err(explained)?;
    let plan = stages::plan(&prepared, &runs, None, &tools.clock).map_err(explained)?;
    told.planned(&plan);
    let (reporter, clock) = (told, &tools.clock);
    match stages::run(&Request { prepared: &prepared, runs: &runs, force: None, reporter, stop, clock }) {
        Ok(Outcome::Interrupted(_)) | Err(StageError::Interrupted { .. }) => Ok(Finish::Stopped),
        Ok(outcome) => (tools.complete)(&runs, &prepared, &outcome).map(|()| Finish::Done),
        Err(error) => Err(explained(error)),
    }
}

/// Passes a run's events on with the file they belong to.
struct Told<'a> {
    file: &'a Path,
    reporter: &'a dyn WatchReporter,
}

impl Told<'_> {
    fn planned(&self, plan: &Plan) {
        let (run, cached): (Vec<_>, Vec<_>) = plan.stages.iter().partition(|stage| stage.standing.to_do() > 0);
        let names = |stages: Vec<&stages::StagePlan>| stages.iter().map(|stage| stage.stage.to_string()).collect();
        let experiment = self.file.to_owned();
        self.reporter.event(&WatchEvent::Planned { experiment, cached: names(cached), run: names(run) });
    }
}

impl Reporter for Told<'_> {
    fn event(&self, event: &Event) {
        self.reporter.event(&WatchEvent::Run { experiment: self.file.to_owned(), event: event.clone() });
    }
}
