//! The jobs of a sweep, and what Slurm says of them.

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::Cluster;
use super::queue::Entry;
use super::submission::{Submitted, all_jobs};
use crate::sweep::error::SweepError;
use crate::sweep::folder::SweepDir;

/// The jobs of a sweep that wait or run, and how the others ended.
pub(super) struct Jobs {
    /// The latest submission last.
    known: Vec<Known>,
}

/// A job as its files tell, with what Slurm says of it.
struct Known {
    job: Submitted,
    /// What `squeue` still knows: one entry for each task of an array.
    entries: Vec<Entry>,
    /// What accounting says of the others, by their index in the array.
    accounted: BTreeMap<Option<usize>, String>,
}

impl Known {
    fn entry(&self, index: Option<usize>) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.index == index)
    }

    /// How it, or that task of it, ended, if not well, and if Slurm still knows.
    fn end(&self, index: Option<usize>) -> Option<String> {
        self.entry(index).map_or_else(|| self.accounted.get(&index).cloned(), Entry::end)
    }

    /// Its name, and how it ended.
    fn told(&self) -> Option<String> {
        Some(format!("{}: {}", self.job.name, self.end(None)?))
    }

    /// Whether `squeue` has forgotten it, or one of those tasks of its array.
    fn is_forgotten(&self, tasks: &BTreeSet<String>) -> bool {
        match self.job.tasks.is_empty() {
            true => self.entries.is_empty(),
            false => {
                (0..).zip(&self.job.tasks).any(|(at, task)| tasks.contains(task) && self.entry(Some(at)).is_none())
            }
        }
    }
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
            Known { job, entries, accounted: BTreeMap::new() }
        });
        Ok(Self { known: known.collect() })
    }

    /// Asks accounting, if there is one, how those jobs ended that `squeue` has forgotten and on which these tasks depend.
    pub fn account(&mut self, cluster: &Cluster, tasks: &BTreeSet<String>) {
        let forgotten = self.known.iter().filter(|known| known.is_forgotten(tasks));
        let numbers: Vec<String> = forgotten.filter_map(|known| known.job.number.clone()).collect();
        for end in cluster.ended(&numbers) {
            let known = self.known.iter_mut().find(|known| known.job.number.as_ref() == Some(&end.job));
            if let Some(known) = known {
                known.accounted.extend(end.indices.into_iter().map(|index| (index, end.state.clone())));
            }
        }
    }

    /// The entry of a task that waits or runs.
    pub fn active(&self, task: &str) -> Option<&Entry> {
        self.of_task(task).filter_map(|(known, index)| known.entry(index)).find(|entry| entry.is_active())
    }

    /// A worker that waits or runs, and takes whatever task is open.
    pub fn worker(&self) -> Option<&Entry> {
        let workers = self.known.iter().filter(|known| known.job.is_of_workers());
        workers.flat_map(|known| &known.entries).find(|entry| entry.is_active())
    }

    /// How the last job of a task ended, if Slurm still knows; where it was cancelled because of a job that it waited for, how that one did.
    pub fn ended(&self, task: &str) -> Option<String> {
        let (known, end) = self.of_task(task).filter_map(|(known, index)| Some((known, known.end(index)?))).last()?;
        let before = self.known.iter().filter(|other| known.job.after.contains(&other.job.name));
        Some(before.filter_map(Known::told).next().unwrap_or(end))
    }

    /// The jobs that were for a task, with its index in their arrays.
    fn of_task(&self, task: &str) -> impl Iterator<Item = (&Known, Option<usize>)> {
        let index = move |known: &Known| known.job.tasks.iter().position(|own| own == task);
        self.known.iter().filter_map(move |known| Some((known, Some(index(known)?))))
    }

    /// The last job that was to write the results.
    fn results(&self) -> Option<&Known> {
        self.known.iter().rfind(|known| known.job.is_of_results())
    }

    /// Whether anything was ever submitted.
    pub fn is_any(&self) -> bool {
        !self.known.is_empty()
    }

    /// How the last job for the results ended, if not well, and if Slurm still knows.
    pub fn results_ended(&self) -> Option<String> {
        self.results().and_then(Known::told)
    }

    /// The tasks that wait or run.
    pub fn active_tasks(&self) -> BTreeSet<String> {
        let tasks = self.known.iter().flat_map(|known| &known.job.tasks);
        tasks.filter(|task| self.active(task).is_some()).cloned().collect()
    }

    /// The numbers of all jobs that wait or run.
    pub fn active_numbers(&self) -> Vec<String> {
        let active = |known: &&Known| known.entries.iter().any(Entry::is_active);
        let number = |known: &Known| known.entries.first().map(|entry| entry.job.clone());
        self.known.iter().filter(active).filter_map(number).collect()
    }
}
