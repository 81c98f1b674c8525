//! How the tasks of a sweep stand on a cluster: what their runs say, and Slurm's word on the others.

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::Cluster;
use super::queue::Entry;
use super::submission::{Submitted, all_jobs};
use crate::runs::Runs;
use crate::runs::State;
use crate::sweep::error::SweepError;
use crate::sweep::folder::SweepDir;
use crate::sweep::index::{Index, Task};
use crate::sweep::outcome::TaskOutcome;

/// How a task stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which.
    pub task: Task,
    /// Its run and the run's state; `None`: there is none yet.
    pub run: Option<(String, State)>,
    /// The job that will do it, or does: `number_index`.
    pub job: Option<String>,
    /// Whether its run fell silent while that job worked on it, which Slurm has not noticed.
    pub is_cut_off: bool,
    /// Why it waits, or how its last job ended.
    pub reason: Option<String>,
}

impl Standing {
    /// One word: a run's state, or `queued`, or `missing`. A task with a job is never missing, and one whose node is gone is interrupted; one
    /// whose job has not come to its run yet is queued.
    pub fn word(&self) -> &'static str {
        let state = self.run.as_ref().map(|(_, state)| *state);
        match (state, self.job.is_some()) {
            (Some(state @ (State::Done | State::Running)), _) => state.word(),
            (Some(state @ State::Interrupted), true) if self.is_cut_off => state.word(),
            (_, true) => "queued",
            (Some(state), false) => state.word(),
            (None, false) => "missing",
        }
    }

    /// Whether something will still happen to it by itself.
    pub fn is_active(&self) -> bool {
        self.job.is_some() || self.word() == State::Running.word()
    }
}

/// The jobs of a sweep that wait or run, and how the others ended.
pub(super) struct Jobs {
    /// The jobs as their files tell, with what Slurm says of them.
    known: Vec<(Submitted, Vec<Entry>)>,
}

impl Jobs {
    /// Asks Slurm. A sweep that was never submitted needs no Slurm.
    pub fn of(sweep: &SweepDir, cluster: &Cluster) -> Result<Self, SweepError> {
        let submitted = all_jobs(sweep.path())?;
        if submitted.is_empty() {
            return Ok(Self { known: Vec::new() });
        }
        let queue = cluster.queue()?;
        let folder = sweep.path().to_string_lossy();
        let is_of = |entry: &&Entry, job: &Submitted| match &job.number {
            Some(number) => entry.job == *number,
            None => entry.comment == folder && entry.name == job.name,
        };
        let known = submitted.into_iter().map(|job| {
            let entries = queue.iter().filter(|entry| is_of(entry, &job)).cloned().collect();
            (job, entries)
        });
        Ok(Self { known: known.collect() })
    }

    /// The entry of a task that waits or runs.
    fn active(&self, task: &str) -> Option<&Entry> {
        self.entries(task).map(|(_, entry)| entry).find(|entry| entry.is_active())
    }

    /// A worker that waits or runs, and takes whatever task is open.
    fn worker(&self) -> Option<&Entry> {
        let workers = self.known.iter().filter(|(job, _)| job.is_of_workers());
        workers.flat_map(|(_, entries)| entries).find(|entry| entry.is_active())
    }

    /// How the last job of a task ended, if Slurm still knows; where it was cancelled because of a job that it waited for, how that one did.
    fn ended(&self, task: &str) -> Option<String> {
        let (job, end) = self.entries(task).filter_map(|(job, entry)| Some((job, entry.end()?))).last()?;
        let before = self.known.iter().filter(|(other, _)| job.after.contains(&other.name));
        let why = |(other, entries): &(Submitted, Vec<Entry>)| {
            Some(format!("{}: {}", other.name, entries.iter().find_map(Entry::end)?))
        };
        Some(before.filter_map(why).next().unwrap_or(end))
    }

    fn entries(&self, task: &str) -> impl Iterator<Item = (&Submitted, &Entry)> {
        self.known.iter().flat_map(move |(job, entries)| {
            let index = job.tasks.iter().position(|own| own == task);
            let own = entries.iter().filter(move |entry| index.is_some() && entry.index == index);
            own.map(move |entry| (job, entry))
        })
    }

    /// The tasks that wait or run.
    pub fn active_tasks(&self) -> BTreeSet<String> {
        let tasks = self.known.iter().flat_map(|(job, _)| &job.tasks);
        tasks.filter(|task| self.active(task).is_some()).cloned().collect()
    }

    /// The numbers of all jobs that wait or run.
    pub fn active_numbers(&self) -> Vec<String> {
        let active = |entries: &[Entry]| entries.iter().any(Entry::is_active);
        let number = |entries: &[Entry]| entries.first().map(|entry| entry.job.clone());
        self.known.iter().filter(|(_, entries)| active(entries)).filter_map(|(_, entries)| number(entries)).collect()
    }

    /// What accounting, if there is one, says of jobs that `squeue` has forgotten: how the job of a task ended.
    fn accounted(&self, cluster: &Cluster) -> BTreeMap<String, String> {
        let forgotten: Vec<&Submitted> =
            self.known.iter().filter(|(_, entries)| entries.is_empty()).map(|(job, _)| job).collect();
        let numbers: Vec<String> = forgotten.iter().filter_map(|job| job.number.clone()).collect();
        let mut of_task = BTreeMap::new();
        for (id, state) in cluster.ended(&numbers) {
            let Some((number, index)) = id.split_once('_') else { continue };
            let job = forgotten.iter().find(|job| job.number.as_deref() == Some(number));
            let task = job.and_then(|job| job.tasks.get(index.parse::<usize>().ok()?));
            if let Some(task) = task.filter(|_| state != "COMPLETED") {
                of_task.insert(task.clone(), state);
            }
        }
        of_task
    }
}

/// How all tasks of a sweep stand, in their order.
///
/// # Errors
///
/// Runs that cannot be read; a Slurm that does not answer.
pub fn standings(
    cluster: &Cluster,
    runs: &Runs,
    (sweep, index): (&SweepDir, &Index),
) -> Result<Vec<Standing>, SweepError> {
    let jobs = Jobs::of(sweep, cluster)?;
    let accounted = jobs.accounted(cluster);
    let list = runs.list(Some(&index.name))?;
    let standing = |task: &Task| {
        let name = task.name();
        let outcome = TaskOutcome::read(runs, &list, task)?;
        let state = outcome.state();
        let active = jobs.active(&name);
        let is_cut_off = state == Some(State::Interrupted)
            && active.zip(outcome.last_sign()).is_some_and(|(entry, sign)| entry.had_begun_at(sign));
        let is_open = matches!(state, None | Some(State::Interrupted));
        let worker = jobs.worker().filter(|_| active.is_none() && is_open);
        let waits = |entry: &Entry| Some(entry.reason.clone()).filter(|reason| !reason.is_empty());
        let reason = match (active, state) {
            (_, Some(State::Done | State::Running)) => None,
            _ if is_cut_off => Some("no sign of life".to_owned()),
            (Some(entry), _) if entry.state == "RUNNING" => Some("starting".to_owned()),
            (Some(entry), _) => waits(entry),
            (None, _) if worker.is_some() => worker.and_then(waits),
            (None, _) => jobs.ended(&name).or_else(|| accounted.get(&name).cloned()),
        };
        let job = active.map(Entry::id).or_else(|| worker.map(|entry| entry.job.clone()));
        let run = outcome.run.map(|(run, state)| (run.id().to_string(), state));
        Ok(Standing { task: *task, run, job, is_cut_off, reason })
    };
    index.tasks().map(standing).collect()
}

/// The numbers of the jobs of a sweep that wait or run.
///
/// # Errors
///
/// A Slurm that does not answer.
pub fn active_jobs(cluster: &Cluster, sweep: &SweepDir) -> Result<Vec<String>, SweepError> {
    Ok(Jobs::of(sweep, cluster)?.active_numbers())
}

/// Cancels the jobs of a sweep that wait or run, and gives their numbers; their runs save their state.
///
/// # Errors
///
/// A Slurm that does not answer, or refuses.
pub fn cancel(cluster: &Cluster, sweep: &SweepDir) -> Result<Vec<String>, SweepError> {
    let numbers = active_jobs(cluster, sweep)?;
    cluster.cancel(&numbers)?;
    Ok(numbers)
}
