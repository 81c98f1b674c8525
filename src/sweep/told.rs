//! Listens to a run of a sweep: passes its events on with the point that they belong to, and asks the pruner after every epoch.

use std::sync::{Mutex, PoisonError};

use super::error::SweepError;
use super::event::{PointRun, SweepEvent};
use super::index::Task;
use super::measure::costs;
use super::pruner::{is_hopeless, looks, seen};
use super::reached::{Mark, Record, Verdict};
use super::session::Session;
use crate::event::{Event, Reporter, Stage};
use crate::runs::RunDir;
use crate::spec::model::{Experiment, Pruner};
use crate::stop::StopToken;

/// The reporter of one run of a sweep.
pub(super) struct Told<'a> {
    pub session: &'a Session<'a>,
    pub run: &'a PointRun,
    pub judge: Option<Judge<'a>>,
}

/// Decides after every epoch of a run whether it is worth going on.
pub(super) struct Judge<'a> {
    session: &'a Session<'a>,
    task: Task,
    pruner: &'a Pruner,
    stage: Stage,
    epochs: u32,
    stop: &'a StopToken,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    run: Option<RunDir>,
    looked: bool,
    /// What kept it from looking; told at the end.
    error: Option<SweepError>,
}

impl<'a> Judge<'a> {
    /// The judge of a task by a rule; `stop` gives the run up.
    pub fn new(
        session: &'a Session<'a>,
        (task, experiment): (&Task, &Experiment),
        pruner: &'a Pruner,
        stop: &'a StopToken,
    ) -> Self {
        let (stage, epochs) = match &experiment.fine_tune {
            Some(fine_tune) => (Stage::FineTune, fine_tune.epochs.get()),
            None => (Stage::Top, experiment.top.epochs.get()),
        };
        Self { session, task: *task, pruner, stage, epochs, stop, seen: Mutex::default() }
    }

    fn hear(&self, event: &Event) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let looks = match event {
            Event::RunBegan { path, .. } => {
                seen.run = RunDir::at(path);
                false
            }
            // The images of a stage make progress, too, before it trains.
            Event::StageBegan { stage, .. } if *stage == self.stage => {
                seen.looked = false;
                false
            }
            Event::EpochEnded { stage, .. } => *stage == self.stage,
            // The first word of a run that goes on: a decision may have been due when it was interrupted.
            Event::Progress { stage, .. } => *stage == self.stage && !std::mem::replace(&mut seen.looked, true),
            _ => false,
        };
        if let Some(run) = seen.run.clone().filter(|_| looks) {
            seen.looked = true;
            if let Err(error) = self.look(&run) {
                // Without a record nothing can be decided; the run goes on, and its end tells.
                seen.error = Some(error);
            }
        }
    }

    /// Takes every decision that is due.
    fn look(&self, run: &RunDir) -> Result<(), SweepError> {
        let path = self.session.dir.reached_file(&self.task);
        let mut record = Record::read(&path)?;
        for (epochs, own) in self.costs(run)?.into_iter().filter(|(epochs, _)| *epochs < self.epochs) {
            if !looks(self.pruner, epochs) {
                continue;
            }
            let verdict = match record.at(epochs) {
                Some(mark) => mark.verdict,
                None => {
                    let others = self.session.rivals(&self.task, (self.pruner, self.stage))?;
                    let hopeless = !record.is_exempt() && is_hopeless(self.pruner, (epochs, own), &others);
                    let verdict = if hopeless { Verdict::Stop } else { Verdict::On };
                    record.0.push(Mark { epochs, cost: own, verdict });
                    record.write(&path)?;
                    verdict
                }
            };
            if verdict == Verdict::Stop && !record.is_exempt() {
                self.stop.give_up();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Notes all that a run reached which came to its end.
    pub fn end(&self, run: &RunDir) -> Result<(), SweepError> {
        let record = seen(self.pruner, &self.costs(run)?, Verdict::End);
        record.write(&self.session.dir.reached_file(&self.task))?;
        let mut heard = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        heard.error.take().map_or(Ok(()), Err)
    }

    /// The best cost so far after each epoch of the last stage.
    fn costs(&self, run: &RunDir) -> Result<Vec<(u32, f64)>, SweepError> {
        Ok(costs(&run.metrics()?, self.stage, self.session.sweep.objective))
    }
}

impl Reporter for Told<'_> {
    fn event(&self, event: &Event) {
        if let Some(judge) = &self.judge {
            judge.hear(event);
        }
        let run = Some(self.run.clone());
        self.session.tools.reporter.event(&SweepEvent::Run { run, event: event.clone() });
    }
}

/// The reporter of work that several runs share.
pub(super) struct Shared<'a>(pub &'a Session<'a>);

impl Reporter for Shared<'_> {
    fn event(&self, event: &Event) {
        self.0.tools.reporter.event(&SweepEvent::Run { run: None, event: event.clone() });
    }
}
