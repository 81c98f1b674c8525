//! The tree-structured Parzen estimator (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011), from the crate `tpe`:
//! it draws values that are likelier among the good points than among the others, one key at a time.
//!
//! A proposal is a pure function of the sweep's seed, the point's number and what earlier points have reached. So one job at a time gives
//! the same points every time; with several, what is known when a point is chosen depends on who is faster.

use std::convert::Infallible;

use toml::Value;

use super::space::value;
use crate::rng::{Purpose, Stream};
use crate::spec::Experiment;
use crate::spec::model::{Axis, Domain, Sweep, Zip, same};
use crate::spec::sweep::{Point, is_excluded, only_met};

/// The first points are drawn at random: fewer tell the estimator too little to be better than chance.
pub const STARTUP: u32 = 8;
/// The share of points that count as good.
const GOOD: f64 = 0.2;
/// Shares of a range lie in `[0, 1)`.
const ONE: f64 = 1.0 - f64::EPSILON;

/// A point that was tried, and what it cost: smaller is better. A point that is still running, or that failed, costs as much as the worst.
pub type Tried = (Point, f64);

/// The next point, or none if this attempt gives an excluded one. Attempts are counted from 1 and draw differently.
pub fn propose(base: &Experiment, sweep: &Sweep, tried: &[Tried], (number, attempt): (u32, u32)) -> Option<Point> {
    let mut chance = Chance(Stream::new(sweep.seed.get(), Purpose::Sweep, attempt, number.into()));
    let mut point = Point::new();
    for axis in &sweep.space {
        let told = tried.iter().map(|(point, cost)| (share(axis, point), *cost));
        let count = if let Domain::Choice(values) = &axis.domain { Some(values.len()) } else { None };
        let drawn = ask(count, told, &mut chance);
        let share = count.map_or(drawn, |count| (drawn.floor() + 0.5) / count as f64);
        point.push((axis.key.clone(), value(axis, share.clamp(0.0, ONE))));
    }
    for zip in &sweep.zip {
        let told = tried.iter().map(|(point, cost)| (row(zip, point), *cost));
        let drawn = ask(Some(zip.len()), told, &mut chance);
        point.extend(zip.row((drawn as usize).min(zip.len() - 1)));
    }
    let point = only_met(base, sweep, point);
    (!is_excluded(sweep, &point)).then_some(point)
}

/// A draw from one dimension: a choice of so many, or a share of a range.
fn ask(choices: Option<usize>, told: impl Iterator<Item = (f64, f64)>, chance: &mut Chance) -> f64 {
    let estimator = if choices.is_some() { tpe::histogram_estimator() } else { tpe::parzen_estimator() };
    let range = tpe::range(0.0, choices.map_or(1.0, |count| count as f64)).expect("a range that is not empty");
    let mut builder = tpe::TpeOptimizerBuilder::new();
    let mut optimizer = builder.gamma(GOOD).build(estimator, range).expect("a share between 0 and 1");
    for (parameter, cost) in told.filter(|(_, cost)| !cost.is_nan()) {
        optimizer.tell(parameter, cost).expect("a parameter of the range, or none");
    }
    optimizer.ask(chance).expect("an estimator can be built from any numbers of the range")
}

/// Where the value of a point lies in an axis: the number of a choice, or the share of a range; NaN where the key does not vary in the point.
fn share(axis: &Axis, point: &Point) -> f64 {
    let Some((_, own)) = point.iter().find(|(key, _)| *key == axis.key) else { return f64::NAN };
    let number = own.as_float().or(own.as_integer().map(|whole| whole as f64)).unwrap_or(f64::NAN);
    let share = match &axis.domain {
        Domain::Choice(values) => return place(values.iter().map(|value| same(value, own))),
        Domain::Uniform(low, high) => (number - low) / (high - low),
        Domain::LogUniform(low, high) => (number / low).ln() / (high / low).ln(),
        Domain::IntUniform(low, high) => (number - *low as f64 + 0.5) / (*high as f64 - *low as f64 + 1.0),
    };
    share.clamp(0.0, ONE)
}

/// Which row of a zip a point has; NaN if none.
fn row(zip: &Zip, point: &Point) -> f64 {
    let has = |(key, value): &(String, Value)| point.iter().any(|(own, other)| own == key && same(other, value));
    place((0..zip.len()).map(|at| zip.row(at).iter().all(has)))
}

fn place(mut matches: impl Iterator<Item = bool>) -> f64 {
    matches.position(|matches| matches).map_or(f64::NAN, |at| at as f64)
}

/// Our own chance, as the crate takes it.
struct Chance(Stream);

impl rand_core::TryRng for Chance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.0.next_u32().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{OnDisk, Overrides, load};
    use crate::sweep::space::draw;

    const TRIALS: u32 = 40;
    const SEEDS: u64 = 30;

    fn experiment(seed: u64) -> Experiment {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.toml");
        let text = format!(
            "data.train = \"train\"\ndata.validation_fraction = 0.2\n[sweep]\nstrategy = \"tpe\"\ntrials = {TRIALS}\nseed = {seed}\n\
             [sweep.space]\n\"top.optimizer.lr\" = {{ log_uniform = [1e-6, 1e-1] }}\n\"top.dropout\" = {{ uniform = [0.0, 0.9] }}\n\
             \"top.activation\" = [\"relu\", \"elu\", \"tanh\"]\n\"top.batch_size\" = {{ int_uniform = [4, 64] }}\n"
        );
        std::fs::write(&path, text).expect("a file");
        let overrides = Overrides { cwd: folder.path().into(), on_disk: OnDisk::Unchecked, ..Overrides::default() };
        load(&path, &overrides).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// A bowl over the learning rate's exponent, dropout and batch size, deeper for one activation.
    fn cost(point: &Point) -> f64 {
        let of = |key: &str| point.iter().find(|(own, _)| own == key).map(|(_, value)| value.clone()).expect(key);
        let number = |key: &str| of(key).as_float().or(of(key).as_integer().map(|it| it as f64)).expect(key);
        let rate = number("top.optimizer.lr").log10() + 3.3;
        let dropout = number("top.dropout") - 0.4;
        let batch = (number("top.batch_size") - 20.0) / 60.0;
        let activation = if of("top.activation").as_str() == Some("elu") { 0.0 } else { 0.3 };
        0.25 * rate * rate + 4.0 * dropout * dropout + batch * batch + activation
    }

    /// The least cost of all points, tried one after another.
    fn least(base: &Experiment, mut next: impl FnMut(&Sweep, &[Tried], u32) -> Point) -> f64 {
        let sweep = base.sweep.as_ref().expect("a sweep");
        let mut tried: Vec<Tried> = Vec::new();
        for number in 0..TRIALS {
            let point = next(sweep, &tried, number);
            tried.push((point.clone(), cost(&point)));
        }
        tried.iter().map(|(_, cost)| *cost).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn tpe_finds_better_points_than_chance_over_thirty_seeds() {
        let (mut by_tpe, mut by_chance, mut wins) = (0.0, 0.0, 0);
        for seed in 0..SEEDS {
            let base = experiment(seed);
            let random =
                |sweep: &Sweep, number: u32| draw(&base, sweep, (0, number.into())).expect("nothing is excluded");
            let tpe = least(&base, |sweep, tried, number| match number < STARTUP {
                true => random(sweep, number),
                false => propose(&base, sweep, tried, (number, 1)).expect("nothing is excluded"),
            });
            let chance = least(&base, |sweep, _, number| random(sweep, number));
            by_tpe += tpe / SEEDS as f64;
            by_chance += chance / SEEDS as f64;
            wins += u32::from(tpe <= chance);
        }
        eprintln!(
            "mean least cost after {TRIALS} points over {SEEDS} seeds: tpe {by_tpe:.4}, random {by_chance:.4}; tpe no worse in {wins}"
        );
        assert!(by_tpe < 0.6 * by_chance && wins >= 22, "tpe {by_tpe}, random {by_chance}, {wins} wins");
    }

    #[test]
    fn a_value_lies_in_its_axis_where_it_was_drawn() {
        let base = experiment(0);
        let sweep = base.sweep.as_ref().expect("a sweep");
        for axis in &sweep.space {
            for at in [0.0, 0.26, 0.5, 0.74, 0.99] {
                let drawn = value(axis, at);
                let back = share(axis, &vec![(axis.key.clone(), drawn.clone())]);
                let again = match &axis.domain {
                    Domain::Choice(values) => values[back as usize].clone(),
                    Domain::Uniform(..) | Domain::LogUniform(..) | Domain::IntUniform(..) => value(axis, back),
                };
                let close = |a: &Value, b: &Value| match (a.as_float(), b.as_float()) {
                    (Some(a), Some(b)) => (a - b).abs() <= 2e-5 * a.abs(),
                    _ => same(a, b),
                };
                assert!(close(&again, &drawn), "{}: {drawn} came back as {again}", axis.key);
            }
        }
    }
}
