//! Freezing: every point becomes a resolved file in the sweep's folder before the first one starts, so that later edits of the
//! experiment file cannot reach it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::draft::{Draft, DraftPoint};
use super::error::SweepError;
use super::folder::SweepDir;
use super::index::{FrozenPoint, Index, Task, VERSION};
use super::tools::Tools;
use crate::files;
use crate::spec::Experiment;

/// Where the sweep of an experiment lies; made if need be.
pub fn folder(base: &Experiment, tools: &Tools<'_>) -> Result<SweepDir, SweepError> {
    let (name, definition) = (base.name.as_str(), base.sweep_digest());
    let text = |folder: &std::path::Path| base.to_sweep_toml(folder);
    SweepDir::find_or_make(tools.runs, (name, &definition), &text, tools.wait(&mut |_| {}))
}

/// Freezes all points of the sweep, from the first on. Gives the index.
///
/// What is frozen and still means the same stays as it is. A point whose images or weights have changed is frozen anew.
///
/// # Errors
///
/// A disk that refuses, or a stop while another process freezes.
pub fn freeze(
    base: &Experiment,
    sweep: &SweepDir,
    points: &[DraftPoint],
    tools: &Tools<'_>,
) -> Result<Index, SweepError> {
    let _lock = sweep.lock(&mut tools.wait(&mut |_| {}))?;
    let index = sweep.index()?.unwrap_or_else(|| empty(base, tools));
    add(sweep, index, (0, points), tools)
}

/// Freezes points from a place in the index on. The sweep's lock is held.
pub(super) fn add(
    sweep: &SweepDir,
    mut index: Index,
    (first, points): (usize, &[DraftPoint]),
    tools: &Tools<'_>,
) -> Result<Index, SweepError> {
    index.init.extend(points.iter().filter_map(|draft| draft.init.clone()));
    let mut fresh = Vec::new();
    for (at, draft) in (first..).zip(points) {
        let tasks = tasks(&index, at, draft, tools, &mut fresh)?;
        let point = FrozenPoint { point: at as u32 + 1, values: draft.values.clone(), tasks };
        match index.points.get_mut(at) {
            Some(known) => {
                forget(sweep, known, &point)?;
                merge(known, point);
            }
            None => index.points.push(point),
        }
    }
    write_points(sweep, &index.points[first..], points)?;
    let name = index.name.clone();
    tools.runs.reserve(&name, tools.wait(&mut |_| {}), |free| {
        number(&mut index, &fresh, free);
        sweep.write_index(&index)?;
        Ok::<u32, SweepError>(index.tasks().map(|task| task.number).max().unwrap_or(0))
    })?;
    Ok(index)
}

/// An index without points.
pub(super) fn empty(base: &Experiment, tools: &Tools<'_>) -> Index {
    let root = tools.runs.root();
    let told = root.ends_with("runs") && root.parent() == Some(base.project_root.as_path());
    let project: Option<PathBuf> = (!told).then(|| base.project_root.clone());
    let name = base.name.to_string();
    let (definition, init, points) = (base.sweep_digest(), BTreeMap::new(), Vec::new());
    Index { version: VERSION, name, definition, project, init, points }
}

/// The tasks of a point: as they are frozen, or new ones, whose numbers `fresh` asks for.
fn tasks(
    index: &Index,
    at: usize,
    draft: &DraftPoint,
    tools: &Tools<'_>,
    fresh: &mut Vec<(usize, u64)>,
) -> Result<Vec<Task>, SweepError> {
    let known = index.points.get(at);
    let list = tools.runs.list(Some(&index.name))?;
    let task = |run: &Draft| {
        let seed = run.prepared.experiment.seed.get();
        let same = |task: &&Task| task.seed == seed && task.identity == run.identity;
        if let Some(task) = known.and_then(|point| point.tasks.iter().find(same)) {
            return Ok(*task);
        }
        let found = tools.runs.find_among(&list, &run.identity);
        let number = found.map_or(0, |(run, _)| run.id().number);
        if number == 0 {
            fresh.push((at, seed));
        }
        Ok(Task { point: at as u32 + 1, seed, number, identity: run.identity })
    };
    draft.runs.iter().map(task).collect()
}

/// Removes what a pruner saw of runs that are of other images or weights now.
fn forget(sweep: &SweepDir, known: &FrozenPoint, point: &FrozenPoint) -> Result<(), SweepError> {
    let changed = |task: &&Task| known.tasks.iter().any(|old| old.seed == task.seed && old.identity != task.identity);
    point.tasks.iter().filter(changed).try_for_each(|task| Ok(files::remove_file(&sweep.reached_file(task))?))
}

/// Takes over a point as it is now; repeats beyond those that are wanted stay.
fn merge(known: &mut FrozenPoint, point: FrozenPoint) {
    let beyond = known.tasks.iter().filter(|task| point.tasks.iter().all(|new| new.seed != task.seed));
    let tasks = point.tasks.iter().chain(beyond).copied().collect();
    *known = FrozenPoint { tasks, ..point };
}

/// Gives the runs of new tasks their numbers, in their order.
fn number(index: &mut Index, fresh: &[(usize, u64)], free: u32) {
    for (number, (at, seed)) in (free..).zip(fresh) {
        for task in index.points[*at].tasks.iter_mut().filter(|task| task.seed == *seed) {
            task.number = number;
        }
    }
}

fn write_points(sweep: &SweepDir, frozen: &[FrozenPoint], points: &[DraftPoint]) -> Result<(), SweepError> {
    for (frozen, draft) in frozen.iter().zip(points) {
        for (task, run) in frozen.tasks.iter().zip(&draft.runs) {
            let path = sweep.point_file(task);
            let text = run.prepared.experiment.to_toml(path.parent().unwrap_or(sweep.path()));
            if files::read_if_there(&path)?.is_none_or(|old| old != text.as_bytes()) {
                files::write_atomic(&path, text.as_bytes())?;
            }
        }
    }
    Ok(())
}
