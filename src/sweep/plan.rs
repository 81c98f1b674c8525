//! What a sweep would do: how many points, how many are done, what they share, and how long it should take. Looks only.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::draft::DraftPoint;
use super::error::SweepError;
use super::session::Options;
use crate::clock::Clock;
use crate::digest::Digest;
use crate::runs::{Runs, State};
use crate::spec::sweep::Point;
use crate::stages::{self, History, Plan, Prepared, Question, Shares};

/// What a sweep would do.
#[derive(Clone, Debug, Default)]
pub struct SweepPlan {
    /// The runs of the points that are known, in their order.
    pub runs: Vec<PlannedRun>,
    /// Points that will be chosen while the sweep runs.
    pub unknown: u64,
    /// Distinct extractions that the open runs share, and how many of them are not complete.
    pub extractions: (u64, u64),
    /// Distinct top trainings that the open runs share, and how many of them are not complete.
    pub tops: (u64, u64),
    /// How long it should take.
    pub time: Duration,
}

/// A run of a sweep.
#[derive(Clone, Debug)]
pub struct PlannedRun {
    /// The point, counted from 1.
    pub point: u32,
    /// The settings that it replaces.
    pub values: Point,
    /// The seed.
    pub seed: u64,
    /// How it stands; `None`: there is no such run yet.
    pub state: Option<State>,
    /// How long it should take, without what it shares with others; nothing if it is not to be worked on.
    pub time: Duration,
}

/// What a sweep is to do, and how.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    /// Which runs it works on.
    pub options: &'a Options,
    /// Runs at the same time.
    pub jobs: NonZeroUsize,
    /// As many points will be chosen while it runs, each like this one.
    pub more: Option<(&'a Prepared, u64)>,
}

impl SweepPlan {
    /// Runs that are done.
    pub fn done(&self) -> u64 {
        self.runs.iter().filter(|run| run.state == Some(State::Done)).count() as u64
    }
}

/// Plans the points of a sweep.
///
/// # Errors
///
/// A cache or runs that cannot be read.
pub fn plan(
    points: &[DraftPoint],
    intent: &Intent<'_>,
    runs: &Runs,
    clock: &std::sync::Arc<dyn Clock>,
) -> Result<SweepPlan, SweepError> {
    let known = points.first().and_then(|point| point.runs.first()).map(|run| &run.prepared);
    let Some(first) = known.or(intent.more.map(|(base, _)| base)) else { return Ok(SweepPlan::default()) };
    let list = runs.list(Some(first.experiment.name.as_str()))?;
    let history = History::of(runs, first.experiment.name.as_str());
    let mut look = Look { history, runs, clock, seen: BTreeSet::new(), own: Vec::new(), plan: SweepPlan::default() };
    for (at, point) in points.iter().enumerate() {
        for run in &point.runs {
            let state = runs.find_among(&list, &run.identity).map(|(_, state)| state);
            let is_open = state.is_none_or(|state| intent.options.is_open(state));
            let time = if is_open { look.at(&run.prepared)? } else { Duration::ZERO };
            let seed = run.prepared.experiment.seed.get();
            let values = point.values.clone();
            look.plan.runs.push(PlannedRun { point: at as u32 + 1, values, seed, state, time });
        }
    }
    if let Some((base, count)) = intent.more {
        look.plan.unknown = count;
        let each = look.at(base)?;
        look.own.extend((1..count).map(|_| each));
    }
    look.plan.time += side_by_side(&look.own, intent.jobs);
    Ok(look.plan)
}

/// How long work takes of which so many pieces are done at once: no less than the longest of them.
fn side_by_side(pieces: &[Duration], jobs: NonZeroUsize) -> Duration {
    let jobs = jobs.get().clamp(1, pieces.len().max(1)) as u32;
    let longest = pieces.iter().max().copied().unwrap_or_default();
    (pieces.iter().sum::<Duration>() / jobs).max(longest)
}

struct Look<'a> {
    history: History,
    runs: &'a Runs,
    clock: &'a std::sync::Arc<dyn Clock>,
    seen: BTreeSet<(&'static str, Digest)>,
    /// The times of what the runs do by themselves.
    own: Vec<Duration>,
    plan: SweepPlan,
}

impl Look<'_> {
    /// Counts what a run shares, and gives the time of what it does not.
    fn at(&mut self, prepared: &Prepared) -> Result<Duration, SweepError> {
        let question = Question { prepared, runs: self.runs, force: None, clock: self.clock };
        let Plan { stages, .. } = stages::plan_after(&self.history, question)?;
        let shares = Shares::of(prepared);
        let mut own = Duration::ZERO;
        if self.seen.insert(("features", shares.features)) {
            self.plan.extractions.0 += 1;
            self.plan.extractions.1 += u64::from(stages[0].standing.to_do() > 0);
            self.plan.time += stages[0].time;
        }
        let top = Digest::of(format!("{} {}", shares.top, shares.top_epochs).as_bytes());
        if self.seen.insert(("top", top)) {
            self.plan.tops.0 += 1;
            self.plan.tops.1 += u64::from(stages[1].standing.to_do() > 0);
            own += stages[1].time;
        }
        if let Some(fine_tune) = stages.get(2) {
            own += fine_tune.time - fine_tune.shared;
            if shares.cut.is_some_and(|cut| self.seen.insert(("cut", cut))) {
                self.plan.time += fine_tune.shared;
            }
        }
        self.own.push(own);
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_divide_the_time_down_to_that_of_the_longest_run() {
        let seconds = |seconds: &[u64]| seconds.iter().map(|it| Duration::from_secs(*it)).collect::<Vec<_>>();
        let jobs = |jobs| NonZeroUsize::new(jobs).expect("a job or more");
        assert_eq!(side_by_side(&seconds(&[2, 2, 2, 2]), jobs(2)), Duration::from_secs(4));
        assert_eq!(side_by_side(&seconds(&[6, 1, 1]), jobs(8)), Duration::from_secs(6));
        assert_eq!(side_by_side(&[], jobs(4)), Duration::ZERO);
    }
}
