//! Axes to points: which settings each experiment of a sweep replaces. Pure; runs nothing.

use std::collections::{HashMap, HashSet};

use toml::Value;

use super::assignments::dotted;
use super::knob::written;
use super::model::{Axis, Domain, Experiment, Sweep, Zip, same};

/// The settings that one point replaces, for [`Experiment::resolve_with`].
pub type Point = Vec<(String, Value)>;

/// So many combinations a grid may have. Every one of them becomes an experiment that is resolved, frozen and run: where there are more,
/// a few of them that chance draws tell as much.
pub const LARGEST_GRID: u64 = 10_000;

/// All points of a grid: every combination of the axes and the zips, without the excluded ones. The last axis varies fastest; zips come
/// after axes. An axis whose conditions a point doesn't meet is left out of it; points that become equal thereby are one.
pub fn grid(experiment: &Experiment, sweep: &Sweep) -> Vec<Point> {
    let mut points: Vec<Point> = vec![Vec::new()];
    for axis in &sweep.space {
        points = extend(&points, &rows(&axis.key, &grid_values(axis)));
    }
    for zip in &sweep.zip {
        let rows: Vec<Point> = (0..zip.len()).map(|row| zip.row(row)).collect();
        points = extend(&points, &rows);
    }
    let conditions = Conditions::of(experiment, sweep);
    let met = points.into_iter().map(|point| conditions.met(point));
    let mut seen = HashSet::new();
    met.filter(|point| !is_excluded(sweep, point) && seen.insert(text(point))).collect()
}

/// How many combinations a grid of these axes and zips has, those that are excluded or come to the same included; as many as can be
/// counted, if there are more.
pub fn combinations(space: &[Axis], zip: &[Zip]) -> u64 {
    let axes = space.iter().map(|axis| grid_values(axis).len());
    let counts = axes.chain(zip.iter().map(Zip::len));
    counts.fold(1, |product, count| product.saturating_mul(count as u64))
}

/// Drops from a point the axes whose conditions it doesn't meet.
pub fn only_met(experiment: &Experiment, sweep: &Sweep, point: Point) -> Point {
    Conditions::of(experiment, sweep).met(point)
}

/// The conditions of a sweep's axes, with what the experiment itself says about the keys that they name.
struct Conditions<'a> {
    sweep: &'a Sweep,
    usual: HashMap<String, Value>,
}

impl<'a> Conditions<'a> {
    fn of(experiment: &Experiment, sweep: &'a Sweep) -> Self {
        let named: HashSet<&str> =
            sweep.space.iter().flat_map(|axis| &axis.when).map(|condition| condition.key.as_str()).collect();
        let settings = match named.is_empty() {
            true => Vec::new(),
            false => experiment.listed(&|path| path.display().to_string()),
        };
        let usual = settings.into_iter().filter(|setting| named.contains(setting.key.as_str()));
        Self { sweep, usual: usual.map(|setting| (setting.key, setting.value)).collect() }
    }

    /// The part of a point whose conditions hold. A key that is dropped has the experiment's own value for the conditions that name it.
    fn met(&self, point: Point) -> Point {
        if self.sweep.space.iter().all(|axis| axis.when.is_empty()) {
            return point;
        }
        let mut kept = point.clone();
        // Each turn settles one more link of every chain of conditions.
        for _ in &self.sweep.space {
            let met: Point = point.iter().filter(|(key, _)| self.hold(key, &kept)).cloned().collect();
            if met == kept {
                break;
            }
            kept = met;
        }
        kept
    }

    fn hold(&self, key: &str, kept: &Point) -> bool {
        let value_of = |key: &str| value_at(kept, key).or_else(|| self.usual.get(key));
        let axis = self.sweep.space.iter().find(|axis| axis.key == key);
        let mut when = axis.into_iter().flat_map(|axis| &axis.when);
        when.all(|when| value_of(&when.key).is_some_and(|value| same(value, &when.value)))
    }
}

/// What a point says about a key, by itself or as a part of a table.
pub(super) fn value_at<'a>(point: &'a [(String, Value)], key: &str) -> Option<&'a Value> {
    if let Some((_, value)) = point.iter().find(|(own, _)| own == key) {
        return Some(value);
    }
    let key = dotted(key)?;
    point.iter().filter(|(_, value)| value.is_table()).find_map(|(own, value)| {
        let rest = key.parts().strip_prefix(dotted(own)?.parts())?;
        rest.iter().try_fold(value, |value, name| value.as_table()?.get(name))
    })
}

/// Whether all values of some exclusion are those of the point.
pub fn is_excluded(sweep: &Sweep, point: &Point) -> bool {
    let has = |key: &str, value: &Value| point.iter().any(|(other, own)| other == key && same(own, value));
    sweep.exclude.iter().any(|exclusion| exclusion.pairs.iter().all(|(key, value)| has(key, value)))
}

/// The values that a grid takes from an axis, in their order.
pub fn grid_values(axis: &Axis) -> Vec<Value> {
    let steps = axis.steps.get();
    let shares = (0..steps).map(|step| f64::from(step) / f64::from(steps - 1));
    let mut values: Vec<Value> = match &axis.domain {
        Domain::Choice(values) => return values.clone(),
        Domain::Uniform(low, high) => shares.map(|share| real(low + (high - low) * share, (*low, *high))).collect(),
        Domain::LogUniform(low, high) => {
            shares.map(|share| real(low * libm::pow(high / low, share), (*low, *high))).collect()
        }
        Domain::IntUniform(low, high) => shares.map(|share| whole((*low, *high), share)).collect(),
    };
    values.dedup();
    values
}

/// Six significant digits, as people read and edit them, and never outside of the range: `1e-4`, not `0.00010000000000000002`.
pub fn real(number: f64, (low, high): (f64, f64)) -> Value {
    let short: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    Value::Float(short.clamp(low, high))
}

/// The whole number nearest to a share of a range, which may be all that there are.
fn whole((low, high): (i64, i64), share: f64) -> Value {
    let span = i128::from(high) - i128::from(low);
    let number = i128::from(low) + (span as f64 * share).round() as i128;
    Value::Integer(i64::try_from(number).unwrap_or(high).min(high))
}

/// A point as a text that no other point has.
fn text(point: &Point) -> String {
    point.iter().map(|(key, value)| format!("{key} = {}\n", written(value))).collect()
}

fn rows(key: &str, values: &[Value]) -> Vec<Point> {
    values.iter().map(|value| vec![(key.to_owned(), value.clone())]).collect()
}

fn extend(points: &[Point], rows: &[Point]) -> Vec<Point> {
    points.iter().flat_map(|point| rows.iter().map(|row| point.iter().chain(row).cloned().collect())).collect()
}
