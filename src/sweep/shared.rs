//! Work that several tasks share, done once before any of them begins.

use std::collections::BTreeMap;

use super::error::SweepError;
use super::event::SweepEvent;
use super::index::Task;
use super::session::Session;
use super::told::Shared;
use crate::digest::Digest;
use crate::stages::{self, History, Part, Question, Request, StageError};

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

    fn part(self) -> Part {
        match self {
            Self::Features => Part::Features,
            Self::Cuts => Part::Cut,
            Self::Tops => Part::Top,
        }
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
    /// One of the tasks that need it.
    pub task: Task,
    /// How many do.
    pub needed_by: u64,
}

/// What is missing and shared by the open tasks. A top of one task alone is that task's own work.
pub(super) fn items(session: &Session<'_>, wave: Wave) -> Result<Vec<Item>, SweepError> {
    let mut items: BTreeMap<(u32, Digest), Item> = BTreeMap::new();
    for task in session.open()? {
        let Some(shares) = session.shares(&task) else { continue };
        let key = match wave {
            Wave::Features => Some(shares.features),
            Wave::Cuts => shares.cut,
            Wave::Tops => {
                shares.fine_tune.map(|_| Digest::of(format!("{} {}", shares.top, shares.top_epochs).as_bytes()))
            }
        };
        let Some(key) = key else { continue };
        let first = items.iter().find(|((_, other), _)| *other == key).map_or(items.len() as u32, |((nth, _), _)| *nth);
        items.entry((first, key)).or_insert(Item { wave, task, needed_by: 0 }).needed_by += 1;
    }
    let history = History::of(session.tools.runs, session.base.name.as_str());
    let mut missing = Vec::new();
    for item in items.into_values().filter(|item| wave != Wave::Tops || item.needed_by > 1) {
        if is_missing(session, &history, &item)? {
            missing.push(item);
        }
    }
    Ok(missing)
}

fn is_missing(session: &Session<'_>, history: &History, item: &Item) -> Result<bool, SweepError> {
    let prepared = session.prepared(&item.task)?;
    let (runs, clock) = (session.tools.runs, session.tools.clock);
    let plan = stages::plan_after(history, Question { prepared: &prepared, runs, force: None, clock })?;
    Ok(match item.wave {
        Wave::Features => plan.stages[0].standing.to_do() > 0,
        Wave::Cuts => plan.stages.get(2).is_some_and(|stage| !stage.shared.is_zero()),
        Wave::Tops => plan.stages[1].standing.to_do() > 0,
    })
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
