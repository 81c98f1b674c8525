//! Which jobs would be submitted for points that are not frozen yet.

use std::sync::Arc;

use super::cluster::Cluster;
use super::job::{Job, Wanted, jobs as all};
use super::launcher::{piece, reads};
use super::standing::Jobs;
use crate::clock::Clock;
use crate::runs::{Runs, State};
use crate::spec::Experiment;
use crate::stages::{History, Prepared, Shares};
use crate::sweep::draft::DraftPoint;
use crate::sweep::error::SweepError;
use crate::sweep::index::Task;
use crate::sweep::shared::{Wave, group};

/// The jobs for the points that are not done and not queued.
pub(super) fn jobs(
    base: &Experiment,
    points: &[DraftPoint],
    known: &Jobs,
    (runs, clock): (&Runs, &Arc<dyn Clock>),
) -> Result<Vec<Job>, SweepError> {
    let name = base.name.as_str();
    let active = known.active_tasks();
    let mut open: Vec<(Task, &Prepared)> = Vec::new();
    for (point, draft) in (1..).zip(points) {
        for run in &draft.runs {
            let seed = run.prepared.experiment.seed.get();
            let task = Task { point, seed, number: 0, identity: run.identity };
            let found = runs.find(name, &run.identity)?;
            let is_closed = matches!(found, Some((_, State::Done | State::Running)));
            if !is_closed && !active.contains(&task.name()) {
                open.push((task, &run.prepared));
            }
        }
    }
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let shares: Vec<(Task, Shares)> = open.iter().map(|(task, prepared)| (*task, Shares::of(prepared))).collect();
    let wanted: Vec<Wanted> =
        shares.iter().map(|(task, shares)| Wanted { name: task.name(), reads: reads(shares) }).collect();
    let history = History::of(runs, name);
    let mut pieces = Vec::new();
    for wave in Wave::ALL {
        for item in group(wave, shares.iter().copied()) {
            let reader = open.iter().find(|(task, _)| *task == item.task);
            let is_missing = reader.map(|(_, prepared)| wave.is_missing(prepared, &history, (runs, clock)));
            if is_missing.transpose()?.unwrap_or(false) {
                pieces.extend(piece(&item, &wanted));
            }
        }
    }
    Ok(all(&wanted, &pieces, Cluster.max_array()))
}
