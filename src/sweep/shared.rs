//! Work that several tasks share, done once before any of them begins.

use std::sync::Arc;

use super::error::SweepError;
use super::event::SweepEvent;
use super::index::Task;
use super::session::Session;
use super::told::Shared;
use crate::clock::Clock;
use crate::digest::Digest;
use crate::runs::Runs;
use crate::stages::{self, History, Part, Prepared, Question, Request, Shares, StageError};

/// A kind of shared work; each needs what the ones before it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wave {
    Features,
    Cuts,
    Tops,
}

impl Wave {
    pub const ALL: [Self; 3] = [Self::Features, Self::Cuts, Self::Tops];

    /// Whether several of a kind are better done side by side: training at small batches gains little from a second thread, extraction all.
    pub fn is_parallel(self) -> bool {
        self == Self::Tops
    }

    pub fn part(self) -> Part {
        match self {
            Self::Features => Part::Features,
            Self::Cuts => Part::Cut,
            Self::Tops => Part::Top,
        }
    }

    /// Which piece of this kind an experiment reads; none where it reads none.
    pub fn key(self, shares: &Shares) -> Option<Digest> {
        match self {
            Self::Features => Some(shares.features),
            Self::Cuts => shares.cut,
            Self::Tops => {
                shares.fine_tune.map(|_| Digest::of(format!("{} {}", shares.top, shares.top_epochs).as_bytes()))
            }
        }
    }

    /// Whether the piece is missing that an experiment reads.
    pub fn is_missing(
        self,
        prepared: &Prepared,
        history: &History,
        (runs, clock): (&Runs, &Arc<dyn Clock>),
    ) -> Result<bool, SweepError> {
        let plan = stages::plan_after(history, Question { prepared, runs, force: None, clock })?;
        Ok(match self {
            Self::Features => plan.stages[0].standing.to_do() > 0,
            Self::Cuts => plan.stages.get(2).is_some_and(|stage| !stage.shared.is_zero()),
            Self::Tops => plan.stages[1].standing.to_do() > 0,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Features => "bottleneck",
            Self::Cuts => "frozen part",
            Self::Tops => "top",
        }
    }
}

/// A piece of shared work.
pub(super) struct Item {
    pub wave: Wave,
    /// Which piece.
    pub key: Digest,
    /// One of the tasks that need it.
    pub task: Task,
    /// How many do.
    pub needed_by: u64,
}

/// What is missing and shared by the open tasks. A top of one task alone is that task's own work.
pub(super) fn items(session: &Session<'_>, wave: Wave) -> Result<Vec<Item>, SweepError> {
    let open = session.open()?;
    let history = History::of(session.tools.runs, session.base.name.as_str());
    let mut missing = Vec::new();
    for item in group(wave, open.into_iter().filter_map(|task| session.shares(&task).map(|shares| (task, shares)))) {
        let prepared = session.prepared(&item.task)?;
        if wave.is_missing(&prepared, &history, (session.tools.runs, session.tools.clock))? {
            missing.push(item);
        }
    }
    Ok(missing)
}

/// The pieces of a kind that these tasks read, in the order of their first readers. A top of one task alone is that task's own work.
pub(super) fn group(wave: Wave, tasks: impl Iterator<Item = (Task, Shares)>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (task, shares) in tasks {
        let Some(key) = wave.key(&shares) else { continue };
        match items.iter_mut().find(|item| item.key == key) {
            Some(item) => item.needed_by += 1,
            None => items.push(Item { wave, key, task, needed_by: 1 }),
        }
    }
    items.retain(|item| wave != Wave::Tops || item.needed_by > 1);
    items
}

/// Computes a piece. What fails here fails again, and says so, in the runs that need it.
pub(super) fn compute(session: &Session<'_>, item: &Item) -> Result<(), SweepError> {
    session.tools.reporter.event(&SweepEvent::Sharing { what: item.wave.name(), runs: item.needed_by });
    let prepared = session.prepared(&item.task)?;
    let request = Request {
        prepared: &prepared,
        runs: session.tools.runs,
        force: None,
        reporter: &Shared(session),
        stop: &session.stop,
        clock: session.tools.clock,
    };
    match stages::warm(&request, item.wave.part()) {
        Err(StageError::Interrupted { .. }) => Err(SweepError::Stopped),
        Ok(()) | Err(_) => Ok(()),
    }
}
