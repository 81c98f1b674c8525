//! Axes to points: which settings each experiment of a sweep replaces. Pure; runs nothing.

use toml::Value;

use super::model::{Axis, Domain, Experiment, Sweep, same};

/// The settings that one point replaces, for [`Experiment::resolve_with`].
pub type Point = Vec<(String, Value)>;

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
    let mut out: Vec<Point> = Vec::new();
    for point in points {
        let point = only_met(experiment, sweep, point);
        if !is_excluded(sweep, &point) && !out.contains(&point) {
            out.push(point);
        }
    }
    out
}

/// Drops from a point the axes whose conditions it doesn't meet.
pub fn only_met(experiment: &Experiment, sweep: &Sweep, point: Point) -> Point {
    let settings = experiment.listed(&|path| path.display().to_string());
    let value_of = |key: &str| {
        let own = point.iter().find(|(other, _)| other == key).map(|(_, value)| value);
        own.or_else(|| settings.iter().find(|setting| setting.key == key).map(|setting| &setting.value))
    };
    let met = |key: &str| match sweep.space.iter().find(|axis| axis.key == key) {
        Some(axis) => axis.when.iter().all(|when| value_of(&when.key).is_some_and(|value| same(value, &when.value))),
        None => true,
    };
    point.iter().filter(|(key, _)| met(key)).cloned().collect()
}

/// Whether all values of some exclusion are those of the point.
pub fn is_excluded(sweep: &Sweep, point: &Point) -> bool {
    let has = |key: &str, value: &Value| point.iter().any(|(other, own)| other == key && same(own, value));
    sweep.exclude.iter().any(|exclusion| exclusion.pairs.iter().all(|(key, value)| has(key, value)))
}

/// The values that a grid takes from an axis, in their order.
pub fn grid_values(axis: &Axis) -> Vec<Value> {
    let steps = axis.steps.get();
    let share = |step: u32| f64::from(step) / f64::from(steps - 1);
    match &axis.domain {
        Domain::Choice(values) => values.clone(),
        Domain::Uniform(low, high) => (0..steps).map(|step| real(low + (high - low) * share(step))).collect(),
        Domain::LogUniform(low, high) => {
            (0..steps).map(|step| real(low * libm::pow(high / low, share(step)))).collect()
        }
        Domain::IntUniform(low, high) => {
            let span = (high - low) as f64;
            let mut values: Vec<i64> = (0..steps).map(|step| low + (span * share(step)).round() as i64).collect();
            values.dedup();
            values.into_iter().map(Value::Integer).collect()
        }
    }
}

/// Six significant digits: `1e-4`, not `0.00010000000000000002`.
fn real(number: f64) -> Value {
    Value::Float(format!("{number:.5e}").parse().unwrap_or(number))
}

fn rows(key: &str, values: &[Value]) -> Vec<Point> {
    values.iter().map(|value| vec![(key.to_owned(), value.clone())]).collect()
}

fn extend(points: &[Point], rows: &[Point]) -> Vec<Point> {
    points.iter().flat_map(|point| rows.iter().map(|row| point.iter().chain(row).cloned().collect())).collect()
}
