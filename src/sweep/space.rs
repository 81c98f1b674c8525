//! The points of a sweep: drawn or enumerated, resolved, and each content once. Reads no run and writes nothing.

use std::collections::HashSet;

use toml::Value;

use super::error::{InvalidPoint, SweepError};
use super::index::Index;
use super::tpe::STARTUP;
use crate::rng::{Purpose, Stream};
use crate::spec::knobs::Strategy;
use crate::spec::model::{Axis, Domain, Sweep};
use crate::spec::sweep::{Point, grid, is_excluded, only_met, real};
use crate::spec::{Experiment, Problems, written};

/// So many draws in a row that bring nothing new, and the space counts as exhausted: a space of a thousand points of which one is left
/// is found out with a probability of 99.99 %.
const MISSES: u32 = 10_000;

/// A point with the experiment that it is.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The settings that it replaces.
    pub values: Point,
    /// The checked experiment.
    pub experiment: Experiment,
}

/// The points of a grid or a random sweep, and the first ones of a tpe sweep, in their order; points that come to the same experiment are
/// one.
///
/// # Errors
///
/// Every point that makes no valid experiment.
pub fn points(base: &Experiment, sweep: &Sweep) -> Result<Vec<Resolved>, SweepError> {
    let mut distinct = Distinct { base, seen: HashSet::new(), points: Vec::new(), invalid: Vec::new() };
    match sweep.strategy {
        Strategy::Grid => grid(base, sweep).into_iter().for_each(|point| {
            distinct.add(point);
        }),
        Strategy::Random | Strategy::Tpe => {
            let trials = sweep.trials.map_or(0, |trials| trials.get());
            // The others come one by one, from what earlier ones have reached.
            let wanted = if sweep.strategy == Strategy::Tpe { trials.min(STARTUP) } else { trials } as usize;
            let (mut known, mut misses) = (HashSet::new(), 0);
            for index in 0.. {
                if distinct.len() >= wanted || misses > MISSES {
                    break;
                }
                let is_new = draw(base, sweep, (0, index))
                    .is_some_and(|point| known.insert(shown(&point)) && distinct.add(point));
                misses = if is_new { 0 } else { misses + 1 };
            }
        }
    }
    match distinct.invalid.is_empty() {
        true => Ok(distinct.points),
        false => Err(SweepError::Invalid { invalid: distinct.invalid }),
    }
}

/// The points of a sweep that were chosen and frozen before, after the first ones.
///
/// # Errors
///
/// One that makes no valid experiment any more.
pub fn chosen(
    base: &Experiment,
    sweep: &Sweep,
    first: &[Resolved],
    index: &Index,
) -> Result<Vec<Resolved>, SweepError> {
    let trials = sweep.trials.map_or(0, |trials| trials.get() as usize);
    let frozen = index.points.iter().take(trials).skip(first.len());
    let points = frozen.map(|point| resolve(base, point.values.clone()));
    points.collect::<Result<_, _>>().map_err(|invalid| SweepError::Invalid { invalid: vec![invalid] })
}

struct Distinct<'a> {
    base: &'a Experiment,
    seen: HashSet<crate::digest::Digest>,
    points: Vec<Resolved>,
    invalid: Vec<InvalidPoint>,
}

impl Distinct<'_> {
    fn len(&self) -> usize {
        self.points.len() + self.invalid.len()
    }

    /// Whether the point is a new one.
    fn add(&mut self, values: Point) -> bool {
        match resolve(self.base, values) {
            Ok(resolved) => {
                let is_new = self.seen.insert(resolved.experiment.digest());
                if is_new {
                    self.points.push(resolved);
                }
                is_new
            }
            Err(invalid) => {
                self.invalid.push(invalid);
                true
            }
        }
    }
}

/// The experiment of a point.
pub fn resolve(base: &Experiment, values: Point) -> Result<Resolved, InvalidPoint> {
    match base.resolve_with(&values) {
        Ok(experiment) => Ok(Resolved { values, experiment }),
        Err(problems) => Err(InvalidPoint { point: shown(&values), problems: Box::new(problems) }),
    }
}

/// The same experiment with the seed of a repeat, counted from 0.
pub fn repeat(point: &Resolved, base: &Experiment, repeat: u32) -> Result<Experiment, Problems> {
    if repeat == 0 {
        return Ok(point.experiment.clone());
    }
    let seed = point.experiment.seed.get() + u64::from(repeat);
    let mut values = point.values.clone();
    values.retain(|(key, _)| key != "seed");
    values.push(("seed".to_owned(), Value::Integer(seed as i64)));
    base.resolve_with(&values)
}

/// A random point of the space, a pure function of the sweep's seed and the place of the draw; `None` if it is excluded.
pub fn draw(base: &Experiment, sweep: &Sweep, (round, index): (u32, u64)) -> Option<Point> {
    let mut chance = Stream::new(sweep.seed.get(), Purpose::Sweep, round, index);
    let mut point: Point = sweep.space.iter().map(|axis| (axis.key.clone(), value(axis, chance.unit()))).collect();
    for zip in &sweep.zip {
        point.extend(zip.row(chance.below(zip.len() as u64) as usize));
    }
    let point = only_met(base, sweep, point);
    (!is_excluded(sweep, &point)).then_some(point)
}

/// The value at a share, 0 to 1, of an axis.
pub fn value(axis: &Axis, share: f64) -> Value {
    match &axis.domain {
        Domain::Choice(values) => values[((share * values.len() as f64) as usize).min(values.len() - 1)].clone(),
        Domain::Uniform(low, high) => real(low + (high - low) * share, (*low, *high)),
        Domain::LogUniform(low, high) => real(low * libm::pow(high / low, share), (*low, *high)),
        Domain::IntUniform(low, high) => {
            // Wider than the numbers themselves: a seed may be any of them.
            let (low, high) = (i128::from(*low), i128::from(*high));
            let number = low + (share * (high - low + 1) as f64) as i128;
            Value::Integer(number.min(high) as i64)
        }
    }
}

/// A point as people read it: `top.dropout = 0.3, top.epochs = 50`.
pub fn shown(point: &Point) -> String {
    let pairs = point.iter().map(|(key, value)| format!("{key} = {}", written(value)));
    pairs.collect::<Vec<_>>().join(", ")
}
