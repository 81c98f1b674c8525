//! How a sweep stands on a cluster: what its runs and its results say, and Slurm's word on the rest.

use std::collections::BTreeSet;

use super::cluster::Cluster;
use super::jobs::Jobs;
use super::queue::Entry;
use crate::runs::{Runs, State};
use crate::spec::model::Sweep;
use crate::sweep::error::SweepError;
use crate::sweep::folder::SweepDir;
use crate::sweep::index::{Index, Task};
use crate::sweep::outcome::{PointOutcome, TaskOutcome, outcomes};
use crate::sweep::results::{Results, Written, keys, written};

/// How a sweep stands.
#[derive(Clone, Debug)]
pub struct Standings {
    /// All its tasks, in their order.
    pub tasks: Vec<Standing>,
    /// The numbers of its jobs that wait or run.
    pub active: Vec<String>,
    /// What there is to say of its results, once nothing waits or runs any more that would write them.
    pub results: Option<String>,
}

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

impl Standings {
    /// Whether nothing will happen any more by itself.
    pub fn is_idle(&self) -> bool {
        self.active.is_empty() && !self.tasks.iter().any(Standing::is_active)
    }
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

/// How a sweep stands.
///
/// # Errors
///
/// Runs that cannot be read; a Slurm that does not answer.
pub fn standings(
    cluster: &Cluster,
    runs: &Runs,
    (dir, index, sweep): (&SweepDir, &Index, &Sweep),
) -> Result<Standings, SweepError> {
    let mut jobs = Jobs::of(dir, cluster)?;
    let points = outcomes(runs, index)?;
    jobs.account(cluster, &unexplained(&points, &jobs));
    let tasks = points.iter().flat_map(|point| &point.runs).map(|outcome| standing(outcome, &jobs)).collect();
    let standings = Standings { tasks, active: jobs.active_numbers(), results: None };
    let results = if standings.is_idle() { results(dir, (&points, sweep), &jobs)? } else { None };
    Ok(Standings { results, ..standings })
}

/// The tasks that are not done and that nobody works on.
fn unexplained(points: &[PointOutcome], jobs: &Jobs) -> BTreeSet<String> {
    let is_over = |outcome: &&TaskOutcome| matches!(outcome.state(), Some(State::Done | State::Running));
    let tasks = points.iter().flat_map(|point| &point.runs).filter(|outcome| !is_over(outcome));
    tasks.map(|outcome| outcome.task.name()).filter(|name| jobs.active(name).is_none()).collect()
}

fn standing(outcome: &TaskOutcome, jobs: &Jobs) -> Standing {
    let name = outcome.task.name();
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
        (None, _) => jobs.ended(&name),
    };
    let job = active.map(Entry::id).or_else(|| worker.map(|entry| entry.job.clone()));
    let run = outcome.run.as_ref().map(|(run, state)| (run.id().to_string(), *state));
    Standing { task: outcome.task, run, job, is_cut_off, reason }
}

/// What there is to say of the results of a sweep that jobs were submitted for and that nothing happens to any more.
fn results(
    dir: &SweepDir,
    (points, sweep): (&[PointOutcome], &Sweep),
    jobs: &Jobs,
) -> Result<Option<String>, SweepError> {
    if !jobs.is_any() {
        return Ok(None);
    }
    let what = match written(dir, &Results { points, keys: &keys(sweep), metric: sweep.objective })? {
        Written::Now => return Ok(None),
        Written::Before => "trials.csv is older than the runs",
        Written::Never => "no trials.csv",
    };
    let why = jobs.results_ended().map_or_else(String::new, |end| format!(" ({end})"));
    Ok(Some(format!("{what}{why}: `frostline sweep` writes it")))
}

/// Cancels the jobs of a sweep that wait or run, and gives their numbers; their runs save their state.
///
/// # Errors
///
/// A Slurm that does not answer, or refuses.
pub fn cancel(cluster: &Cluster, sweep: &SweepDir) -> Result<Vec<String>, SweepError> {
    let numbers = Jobs::of(sweep, cluster)?.active_numbers();
    cluster.cancel(&numbers)?;
    Ok(numbers)
}
