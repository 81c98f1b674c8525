//! One run after the other, on a thread of its own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use super::event::{Finish, WatchEvent, WatchReporter};
use super::session::Message;
use super::tools::Tools;
use crate::event::{Event, Reporter, Stage};
use crate::spec::Experiment;
use crate::stages::{self, Lookout, Outcome, Plan, Request, StageError};
use crate::stop::StopToken;
use crate::sweep::{SweepEvent, SweepReporter};

/// A run at work.
pub(super) struct Worker {
    pub stop: StopToken,
    thread: JoinHandle<()>,
}

/// A run to be done.
pub(super) struct Job {
    pub file: PathBuf,
    pub experiment: Arc<Experiment>,
    /// The settings that changed since it last ran here.
    pub changes: Vec<String>,
    /// The stage to compute although it is done; later ones follow.
    pub force: Option<Stage>,
    pub lookout: Arc<Lookout>,
}

impl Worker {
    /// Starts a run; the session is told which images it has and how it ended.
    pub fn start(tools: &Arc<Tools>, job: Job, session: Sender<Message>) -> Self {
        let stop = StopToken::new();
        let (token, tools) = (stop.clone(), Arc::clone(tools));
        let thread = std::thread::spawn(move || {
            let told = Told { file: &job.file, reporter: tools.reporter.as_ref() };
            let work = AssertUnwindSafe(|| run(&tools, &told, &job, &session, &token));
            let (finish, error) = match catch_unwind(work) {
                Ok(Ok(finish)) => (finish, None),
                Ok(Err(error)) => (Finish::Failed, Some(error)),
                Err(panic) => (Finish::Failed, Some(words(panic.as_ref()))),
            };
            if let Some(error) = error {
                tools.reporter.event(&WatchEvent::Failed { experiment: job.file.clone(), error });
            }
            // The session may have ended: then nobody waits.
            let _ = session.send(Message::Ended(job.file, finish));
        });
        Self { stop, thread }
    }

    /// Waits for the end.
    pub fn join(self) {
        self.thread.join().expect("a run's panic is caught where it happens");
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("error: frostline itself failed, which is a bug: {}\n", text.unwrap_or("it does not say why"))
}

/// Runs an experiment, or its sweep, and writes its report; an error is told as people read it.
fn run(
    tools: &Tools,
    told: &Told<'_>,
    job: &Job,
    session: &Sender<Message>,
    stop: &StopToken,
) -> Result<Finish, String> {
    let explained = |error| (tools.explain)(error);
    let runs = (tools.runs_of)(&job.experiment.project_root);
    let knows_images = |images| drop(session.send(Message::Prepared(job.file.clone(), images)));
    if let (Some(sweep), Some(table)) = (&tools.sweep, &job.experiment.sweep) {
        knows_images(job.lookout.images_digest(&job.experiment).map_err(explained)?);
        return sweep(&job.experiment, &Swept { told, objective: table.objective.to_string() }, stop);
    }
    let prepared = job.lookout.prepare(job.experiment.as_ref().clone(), &runs).map_err(explained)?;
    knows_images(prepared.images_digest());
    if job.force.is_some() || prepared.done(&runs).map_err(explained)?.is_none() {
        let plan = stages::plan(&prepared, &runs, job.force, &tools.clock).map_err(explained)?;
        told.planned(&job.changes, &plan);
    }
    let (force, clock) = (job.force, &tools.clock);
    match stages::run(&Request { prepared: &prepared, runs: &runs, force, reporter: told, stop, clock }) {
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
    fn planned(&self, changes: &[String], plan: &Plan) {
        let (run, cached): (Vec<_>, Vec<_>) = plan.stages.iter().partition(|stage| stage.standing.to_do() > 0);
        let names = |stages: Vec<&stages::StagePlan>| stages.iter().map(|stage| stage.stage.to_string()).collect();
        let (experiment, changes) = (self.file.to_owned(), changes.to_vec());
        self.reporter.event(&WatchEvent::Planned { experiment, changes, cached: names(cached), run: names(run) });
    }
}

impl Reporter for Told<'_> {
    fn event(&self, event: &Event) {
        self.reporter.event(&WatchEvent::Run { experiment: self.file.to_owned(), event: event.clone() });
    }
}

/// Passes a sweep's events on with the file they belong to.
struct Swept<'a> {
    told: &'a Told<'a>,
    objective: String,
}

impl SweepReporter for Swept<'_> {
    fn event(&self, event: &SweepEvent) {
        let (experiment, objective) = (self.told.file.to_owned(), self.objective.clone());
        self.told.reporter.event(&WatchEvent::Sweep { experiment, objective, event: event.clone() });
    }
}
