//! One experiment on the screen.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::point::Point;
use super::work::Work;
use crate::event::{Event, Stage};
use crate::report::watching::text::{name, sentence};
use crate::sweep::SweepEvent;
use crate::watch::{Finish, WatchEvent};

/// So many lines of an experiment's log are kept.
const LINES: usize = 300;

/// How an experiment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has been done about it yet.
    New,
    /// It waits for others.
    Queued,
    /// Its run is at work.
    Running,
    /// Its run is done.
    Done,
    /// Its run was stopped; what it did is stored.
    Stopped,
    /// Its run could not be done.
    Failed,
    /// Its file is not valid.
    Broken,
}

impl State {
    /// The state in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Broken => "broken",
        }
    }
}

/// One experiment.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its file.
    pub file: PathBuf,
    /// Its name for people.
    pub name: String,
    pub(super) stage: Option<Stage>,
    /// Whether it is its sweep that is at work, or was.
    pub(super) sweeps: bool,
    /// Epochs of the stage that are done, and all of them; zeros for the bottleneck stage. Of a sweep, its runs.
    pub(super) epochs: (u32, u32),
    pub(super) work: Option<Work>,
    pub(super) points: Vec<Point>,
    /// The last and the best validation accuracy of the last stage, where no epoch was seen. Of a sweep, its objective.
    pub(super) told: Option<(f64, f64)>,
    pub(super) log: VecDeque<String>,
    /// What is wrong with its file, or why its run could not be done.
    pub(super) problems: Option<String>,
    /// What changed last.
    pub(super) why: String,
    /// Its run's directory.
    pub(super) run: Option<PathBuf>,
    /// Whether the run's directory knows epochs that no event told of.
    pub(super) is_behind: bool,
    /// Whether a run of it ended while it was watched.
    pub(super) has_run: bool,
    broken: bool,
    turn: State,
}

impl Row {
    pub(super) fn new(file: &Path, folder: &Path) -> Self {
        Self {
            file: file.to_owned(),
            name: name(file, folder),
            stage: None,
            sweeps: false,
            epochs: (0, 0),
            work: None,
            points: Vec::new(),
            told: None,
            log: VecDeque::new(),
            problems: None,
            why: String::new(),
            run: None,
            is_behind: false,
            has_run: false,
            broken: false,
            turn: State::New,
        }
    }

    /// How it stands, but for the queue.
    pub fn state(&self) -> State {
        if self.broken && self.turn != State::Running { State::Broken } else { self.turn }
    }

    /// The last validation accuracy, 0 to 1.
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|point| point.val_accuracy).or(self.told.map(|(last, _)| last)).filter(|it| !it.is_nan())
    }

    /// The best validation accuracy of the last stage, 0 to 1.
    pub fn best(&self) -> Option<f64> {
        let stage = self.points.last().map(|point| point.stage);
        let of_stage = self.points.iter().filter(|point| Some(point.stage) == stage);
        let seen = of_stage.map(|point| point.val_accuracy).fold(f64::NAN, f64::max);
        [Some(seen), self.told.map(|(_, best)| best)].into_iter().flatten().find(|best| !best.is_nan())
    }

    /// Takes note of an event that is about it, at a time of a monotonic clock.
    pub(super) fn apply(&mut self, event: &WatchEvent, folder: &Path, now: Duration) {
        let text = match event {
            WatchEvent::Run { event: Event::EpochEnded { stage, metrics }, .. } => {
                Some(Point::of(*stage, metrics).line())
            }
            _ => sentence(event, folder),
        };
        match event {
            WatchEvent::Changed { .. } | WatchEvent::Planned { .. } => self.why = text.clone().unwrap_or_default(),
            WatchEvent::Broken { problems, .. } => {
                self.broken = true;
                self.problems = Some(problems.clone());
            }
            WatchEvent::Mended { .. } => {
                self.broken = false;
                self.problems = None;
            }
            WatchEvent::Started { .. } => self.begin(),
            WatchEvent::Failed { error, .. } => self.problems = Some(error.clone()),
            WatchEvent::Ended { finish, .. } => self.end(*finish),
            WatchEvent::Withdrawn { .. } if self.turn == State::New => self.turn = State::Stopped,
            WatchEvent::Run { event, .. } => self.happened(event, now),
            WatchEvent::Sweep { event, .. } => self.swept(event, now),
            _ => {}
        }
        self.log.extend(text.iter().flat_map(|text| text.lines()).map(str::to_owned));
        self.log.drain(..self.log.len().saturating_sub(LINES));
    }

    fn begin(&mut self) {
        self.turn = State::Running;
        (self.stage, self.sweeps, self.epochs, self.work) = (None, false, (0, 0), None);
        if !self.broken {
            self.problems = None;
        }
    }

    fn end(&mut self, finish: Finish) {
        self.work = None;
        self.turn = match finish {
            Finish::Done => State::Done,
            Finish::Stopped => State::Stopped,
            Finish::Failed => State::Failed,
        };
    }

    fn happened(&mut self, event: &Event, now: Duration) {
        match event {
            Event::RunBegan { path, .. } => {
                (self.points, self.told, self.is_behind) = (Vec::new(), None, true);
                self.run = Some(path.clone());
            }
            Event::StageCached { stage, .. } => (self.stage, self.work, self.is_behind) = (Some(*stage), None, true),
            Event::StageBegan { stage, total, done, epochs, .. } => {
                let work = Work::new(*done, *total, now);
                (self.stage, self.work) = (Some(*stage), Some(work));
                self.epochs = ((work.share() * f64::from(*epochs)) as u32, *epochs);
                self.is_behind |= *done > 0;
            }
            Event::Progress { done, .. } => self.work.iter_mut().for_each(|work| work.done = *done),
            Event::EpochEnded { stage, metrics } => {
                self.epochs.0 = metrics.epoch + 1;
                self.learn([Point::of(*stage, metrics)]);
            }
            Event::StageEnded { .. } => self.work = None,
            Event::RunEnded { path, val_accuracy, best_val_accuracy, .. } => {
                self.has_run = true;
                self.settle(path, (*val_accuracy, *best_val_accuracy));
            }
            Event::AlreadyDone { path, val_accuracy, best_val_accuracy, .. } => {
                self.points.clear();
                self.settle(path, (*val_accuracy, *best_val_accuracy));
            }
            Event::Waiting { .. } | Event::Warned { .. } | Event::RunInterrupted { .. } => {}
        }
    }

    fn swept(&mut self, event: &SweepEvent, now: Duration) {
        match event {
            SweepEvent::Frozen { runs, done, path, .. } => {
                (self.sweeps, self.work) = (true, Some(Work::new(*done, *runs, now)));
                self.epochs = (*done as u32, *runs as u32);
                (self.points, self.told, self.run) = (Vec::new(), None, Some(path.clone()));
            }
            SweepEvent::Ended { value, progress: (done, _), best, .. } => {
                self.work.iter_mut().for_each(|work| work.done = *done);
                self.epochs.0 = *done as u32;
                let best = best.as_ref().map(|(_, best)| *best);
                self.told = value.or(best).map(|value| (value, best.unwrap_or(value)));
            }
            SweepEvent::Finished { .. } => self.work = None,
            SweepEvent::Sharing { .. }
            | SweepEvent::Submitted { .. }
            | SweepEvent::Began { .. }
            | SweepEvent::Run { .. } => {}
        }
    }

    /// The run is done: its directory knows all.
    fn settle(&mut self, path: &Path, told: (f64, f64)) {
        self.run = Some(path.to_owned());
        self.told = Some(told);
        self.is_behind = true;
        self.work = None;
    }

    /// Takes epochs in; those of the same number are replaced.
    pub(super) fn learn(&mut self, points: impl IntoIterator<Item = Point>) {
        for point in points {
            let place = self.points.binary_search_by_key(&(point.stage, point.epoch), |it| (it.stage, it.epoch));
            match place {
                Ok(at) => self.points[at] = point,
                Err(at) => self.points.insert(at, point),
            }
        }
    }
}
