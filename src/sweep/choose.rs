//! Points that are chosen while the sweep runs, from what earlier ones have reached.

use super::draft::draft;
use super::error::SweepError;
use super::freeze;
use super::index::Index;
use super::measure::{best, cost};
use super::outcome::{PointOutcome, outcomes};
use super::session::Session;
use super::space::{draw, resolve};
use super::tpe::{Tried, propose};
use crate::runs::State;
use crate::spec::knobs::Strategy;

/// Attempts of the estimator to find a point that was not tried yet; after them, chance has as many.
const ATTEMPTS: u32 = 64;
/// Attempts of chance are numbered from here.
const BY_CHANCE: u32 = 1 << 16;

impl Session<'_> {
    /// Freezes one more point, if there are to be more, or finds those that other processes have frozen meanwhile; whether there is one.
    ///
    /// For when all points that are known are done or taken.
    pub(super) fn choose_more(&self) -> Result<bool, SweepError> {
        let (trials, known) = (self.trials_to_choose(), self.index().points.len());
        if known >= trials || self.stop.is_requested() {
            return Ok(false);
        }
        let _lock = self.dir.lock(&mut self.tools.wait(&mut |_| {}))?;
        let mut index = self.dir.index()?.unwrap_or_else(|| self.index());
        if index.points.len() == known {
            index = self.with_one_more(index)?;
        }
        let index = index.first(Some(trials as u32), self.sweep.repeats.get());
        let is_more = index.points.len() > known;
        self.set_index(index);
        if !is_more {
            self.say_exhausted(trials);
        }
        Ok(is_more)
    }

    /// How many points there are to be in the end, where they are chosen as the sweep runs; else none.
    pub(super) fn trials_to_choose(&self) -> usize {
        let trials = self.sweep.trials.filter(|_| self.sweep.strategy == Strategy::Tpe);
        trials.map_or(0, |trials| trials.get() as usize)
    }

    fn with_one_more(&self, index: Index) -> Result<Index, SweepError> {
        let tried = self.tried(&outcomes(self.tools.runs, &index)?);
        let number = index.points.len() as u32 + 1;
        let by_estimate =
            (1..=ATTEMPTS).filter_map(|attempt| propose(self.base, self.sweep, &tried, (number, attempt)));
        let by_chance =
            (0..ATTEMPTS).filter_map(|attempt| draw(self.base, self.sweep, (BY_CHANCE + attempt, number.into())));
        for values in by_estimate.chain(by_chance) {
            // A combination that makes no valid experiment is no point.
            let Ok(point) = resolve(self.base, values) else { continue };
            let draft = draft(self.base, &point, self.sweep.repeats.get(), self.preparer)?;
            let first = draft.runs.first().map(|run| run.identity);
            if index.points.iter().all(|known| known.tasks.first().map(|task| task.identity) != first) {
                let place = index.points.len();
                return freeze::add(self.dir, index, (place, &[draft]), &self.tools);
            }
        }
        Ok(index)
    }

    /// What every point has cost so far. One that is still running, or that failed, costs as much as the worst.
    fn tried(&self, points: &[PointOutcome]) -> Vec<Tried> {
        let metric = self.sweep.objective;
        let cost_of = |point: &PointOutcome| {
            let ended = point.runs.iter().filter(|run| matches!(run.state(), Some(State::Done | State::Pruned)));
            let costs: Vec<f64> =
                ended.filter_map(|run| best(&run.rows, metric)).map(|value| cost(metric, value)).collect();
            (!costs.is_empty()).then(|| costs.iter().sum::<f64>() / costs.len() as f64)
        };
        let costs: Vec<Option<f64>> = points.iter().map(cost_of).collect();
        let worst = costs.iter().flatten().copied().fold(f64::NAN, f64::max);
        points.iter().zip(costs).map(|(point, cost)| (point.values.clone(), cost.unwrap_or(worst))).collect()
    }
}
