//! Which jobs there are for a sweep as it stands.

use std::collections::BTreeSet;

use super::cluster::Cluster;
use super::job::{self, Job, Piece, Wanted};
use super::jobs::Jobs;
use super::settings::Settings;
use super::source::Source;
use crate::digest::Digest;
use crate::runs::State;
use crate::spec::knobs::Strategy;
use crate::stages::{History, Part, Shares};
use crate::sweep::error::SweepError;
use crate::sweep::index::Task;
use crate::sweep::session::Options;
use crate::sweep::shared::{Item, Wave, group};

/// The jobs for what is to be done, and what nobody does yet or will; `known` are the jobs that there are.
pub(super) fn jobs(
    source: &dyn Source,
    known: &Jobs,
    (cluster, settings): (&Cluster, &Settings),
) -> Result<Vec<Job>, SweepError> {
    let (base, sweep) = source.base();
    let free = free(source, &known.active_tasks())?;
    let max_array = cluster.max_array();
    if sweep.strategy == Strategy::Tpe {
        // Who looks for the next point looks for all that are left.
        let points = source.tasks().last().map_or(0, |task| task.point);
        let has_more = !free.is_empty() || sweep.trials.is_some_and(|trials| points < trials.get());
        let width = settings.array_limit.unwrap_or(sweep.parallel.get()).clamp(1, max_array as u32);
        return Ok(if has_more && known.active_numbers().is_empty() { job::workers(width) } else { Vec::new() });
    }
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<Wanted> =
        free.iter().map(|(task, shares)| Wanted { name: task.name(), reads: reads(shares) }).collect();
    let history = History::of(source.runs().0, base.name.as_str());
    let mut pieces = Vec::new();
    for wave in Wave::ALL {
        for item in group(wave, free.iter().copied()) {
            if wave.is_missing(&source.prepared(&item.task)?, &history, source.runs())? {
                pieces.push(piece(&item));
            }
        }
    }
    let jobs = job::jobs(&wanted, &pieces, max_array);
    Ok(if settings.array_limit.is_some() { job::in_turn(jobs) } else { jobs })
}

/// The tasks that are to be done, that no process works on, and that no job is for.
fn free(source: &dyn Source, active: &BTreeSet<String>) -> Result<Vec<(Task, Shares)>, SweepError> {
    let (runs, _) = source.runs();
    let list = runs.list(Some(source.base().0.name.as_str()))?;
    let is_free = |task: &Task| {
        let state = runs.find_among(&list, &task.identity).map(|(_, state)| state);
        is_to_do(state, source.options()) && !active.contains(&task.name())
    };
    let tasks = source.tasks().into_iter().filter(is_free);
    Ok(tasks.filter_map(|task| source.shares(&task).map(|shares| (task, shares))).collect())
}

/// Whether a job can do anything for a run in this state.
fn is_to_do(state: Option<State>, options: &Options) -> bool {
    state.is_none_or(|state| state != State::Running && options.is_open(state))
}

/// The pieces of shared work that an experiment reads.
fn reads(shares: &Shares) -> Vec<(Part, Digest)> {
    Wave::ALL.iter().filter_map(|wave| Some((wave.part(), wave.key(shares)?))).collect()
}

fn piece(item: &Item) -> Piece {
    Piece { part: item.wave.part(), digest: item.key, task: item.task.name(), needed_by: item.needed_by }
}
