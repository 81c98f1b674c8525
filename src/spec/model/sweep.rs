//! `[sweep]`: which experiments are variations of this one. Ignored by a run.

use toml::Value;

use crate::spec::knobs::{
    Metric, MinEpochs, Parallel, Reduction, Repeats, Seed, StartupTrials, Steps, Strategy, Trials, WarmupEpochs,
};

/// `[sweep]`: which experiments are variations of this one.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// How points are chosen.
    pub strategy: Strategy,
    /// Points in total; `None` for a grid, which has as many as it has.
    pub trials: Option<Trials>,
    /// Where the strategy's draws start.
    pub seed: Seed,
    /// Runs per point.
    pub repeats: Repeats,
    /// What is best.
    pub objective: Metric,
    /// Points run at the same time.
    pub parallel: Parallel,
    /// The keys that vary alone, in byte order of their names.
    pub space: Vec<Axis>,
    /// The keys that vary together.
    pub zip: Vec<Zip>,
    /// Points left out: those that match all pairs of one exclusion.
    pub exclude: Vec<Exclusion>,
    /// The rule that ends hopeless points early; `None`: all run to their end.
    pub pruner: Option<Pruner>,
}

/// One key that varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// For example `top.dropout`.
    pub key: String,
    /// What it may be.
    pub domain: Domain,
    /// How many values of a range a grid takes, evenly spaced from end to end.
    pub steps: Steps,
    /// Where the key varies at all; elsewhere it keeps the file's value. Empty: everywhere.
    pub when: Vec<Condition>,
}

/// What a key may be; every value in it is valid for its key.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// One of these values, in their order.
    Choice(Vec<Value>),
    /// A number from `[low, high]`, evenly.
    Uniform(f64, f64),
    /// A number from `[low, high]`, evenly on a logarithmic scale; `low > 0`.
    LogUniform(f64, f64),
    /// A whole number from `low` to `high`, both included.
    IntUniform(i64, i64),
}

/// A condition on another key of the point.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The other key.
    pub key: String,
    /// The value that it must have.
    pub value: Value,
}

/// Keys that vary together: the first values, or the second, and so on.
#[derive(Clone, Debug, PartialEq)]
pub struct Zip {
    /// Each key with its values; all of the same number, at least one.
    pub columns: Vec<(String, Vec<Value>)>,
}

/// A point matches if it has all of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusion {
    /// Keys and values.
    pub pairs: Vec<(String, Value)>,
}

/// The rule that ends hopeless points early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pruner {
    /// Asynchronous successive halving.
    Asha {
        /// Epochs before the first decision.
        min_epochs: MinEpochs,
        /// One of this many goes on at each rung.
        reduction: Reduction,
    },
    /// Worse than the median of earlier points at the same epoch.
    Median {
        /// Epochs before the first decision.
        warmup_epochs: WarmupEpochs,
        /// Points that must have finished before any is pruned.
        startup_trials: StartupTrials,
    },
}

/// Whether two values mean the same; `1` and `1.0` do.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(whole), Value::Float(real)) | (Value::Float(real), Value::Integer(whole)) => {
            *real == *whole as f64
        }
        _ => a == b,
    }
}

impl Zip {
    /// How many rows of values there are.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    /// Whether there is no row; never in a checked sweep.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys with their values of one row, from 0.
    pub fn row(&self, row: usize) -> Vec<(String, Value)> {
        self.columns.iter().map(|(key, values)| (key.clone(), values[row].clone())).collect()
    }
}
