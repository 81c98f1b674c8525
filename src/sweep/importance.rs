//! How much each key mattered: the share of the objective's variance that its values explain, one key at a time.
//!
//! For each key the finished points are grouped by its value (numbers of more than [`GROUPS`] different values into that many groups of
//! about equal size, in their order). The share is epsilon squared (Kelley, "An unbiased correlation ratio measure", 1935), the share
//! of variance between groups, corrected for the number of groups so that a key without any effect scores about zero rather than
//! (groups - 1) / (points - 1). Main effects only: a key that matters only together with another scores low. Keys of one zip vary
//! together and score the same. Points in which a conditional key does not vary form a group of their own.

use std::collections::BTreeMap;

use toml::Value;

use super::measure::is_better;
use super::outcome::PointOutcome;
use super::ranking::objectives;
use crate::spec::knobs::Metric;
use crate::spec::written;

/// Numbers of more different values are grouped: fewer groups hide an effect, more leave too few points in each.
const GROUPS: usize = 4;

/// How much a key mattered.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// The key.
    pub key: String,
    /// Epsilon squared, 0 to 1; `None` with too few points to tell.
    pub importance: Option<f64>,
    /// The plain share of variance between groups (eta squared), uncorrected.
    pub explained: Option<f64>,
    /// Groups of values.
    pub groups: u64,
    /// Finished points.
    pub points: u64,
    /// The value of the best group by mean; a group of numbers as `low..high`.
    pub best: Option<String>,
    /// The mean objective of that group.
    pub best_mean: Option<f64>,
}

/// The importance of every key, most important first; equals in the order of the keys.
pub fn importance(points: &[PointOutcome], keys: &[String], metric: Metric) -> Vec<Importance> {
    let known: Vec<(&PointOutcome, f64)> = points
        .iter()
        .zip(objectives(points, metric))
        .filter_map(|(point, objective)| Some((point, objective.filter(|value| value.is_finite())?)))
        .collect();
    let mut list: Vec<Importance> = keys.iter().map(|key| of_key(key, &known, metric)).collect();
    list.sort_by(|a, b| b.importance.unwrap_or(-1.0).total_cmp(&a.importance.unwrap_or(-1.0)));
    list
}

fn of_key(key: &str, known: &[(&PointOutcome, f64)], metric: Metric) -> Importance {
    let groups = groups(key, known);
    let values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
    let (points, count) = (values.len() as f64, groups.len() as f64);
    let total = squares(&values);
    let within: f64 = groups.iter().map(|(_, values)| squares(values)).sum();
    let tells = groups.len() > 1 && points > count && total > 0.0;
    let explained = (groups.len() > 1 && total > 0.0).then(|| 1.0 - within / total);
    let corrected = tells.then(|| (1.0 - (within / (points - count)) / (total / (points - 1.0))).max(0.0));
    let best = groups
        .iter()
        .map(|(name, values)| (name, mean(values)))
        .reduce(|best, new| if is_better(metric, new.1, best.1) { new } else { best });
    Importance {
        key: key.to_owned(),
        importance: corrected,
        explained,
        groups: groups.len() as u64,
        points: values.len() as u64,
        best: best.map(|(name, _)| name.clone()),
        best_mean: best.map(|(_, mean)| mean),
    }
}

/// The objective's values by the value of a key, with the name of each group.
fn groups(key: &str, known: &[(&PointOutcome, f64)]) -> Vec<(String, Vec<f64>)> {
    let value_of =
        |point: &PointOutcome| point.values.iter().find(|(own, _)| own == key).map(|(_, value)| value.clone());
    let of = known.iter().map(|(point, objective)| (value_of(point), *objective));
    let mut numbers: Vec<(f64, f64)> = Vec::new();
    let mut words: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (value, objective) in of {
        match value {
            Some(Value::Float(number)) => numbers.push((number, objective)),
            Some(Value::Integer(number)) => numbers.push((number as f64, objective)),
            Some(other) => words.entry(written(&other)).or_default().push(objective),
            None => words.entry("(as in the file)".to_owned()).or_default().push(objective),
        }
    }
    words.into_iter().chain(ranges(numbers)).collect()
}

/// Numbers by value, or in groups of about equal size.
fn ranges(mut numbers: Vec<(f64, f64)>) -> Vec<(String, Vec<f64>)> {
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut by_value: Vec<(f64, Vec<f64>)> = Vec::new();
    for (number, objective) in &numbers {
        match by_value.last_mut().filter(|(last, _)| last == number) {
            Some((_, values)) => values.push(*objective),
            None => by_value.push((*number, vec![*objective])),
        }
    }
    if by_value.len() <= GROUPS {
        return by_value.into_iter().map(|(number, values)| (written(&Value::Float(number)), values)).collect();
    }
    let each = by_value.len().div_ceil(GROUPS);
    let name = |group: &[(f64, Vec<f64>)]| format!("{}..{}", group[0].0, group[group.len() - 1].0);
    by_value
        .chunks(each)
        .map(|group| (name(group), group.iter().flat_map(|(_, values)| values).copied().collect()))
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sum of squared distances from the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean) * (value - mean)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::outcome::tests::done;

    fn points() -> Vec<PointOutcome> {
        let mut points = Vec::new();
        for (at, dropout) in [0.1, 0.3, 0.5, 0.7, 0.8, 0.9].into_iter().enumerate() {
            for (nth, word) in ["relu", "elu"].into_iter().enumerate() {
                let values = vec![
                    ("top.dropout".to_owned(), Value::Float(dropout)),
                    ("top.activation".to_owned(), Value::String(word.to_owned())),
                ];
                // Dropout decides; the activation adds a trifle that has no direction.
                let accuracy = 0.9 - 0.3 * dropout + if (at + nth) % 2 == 0 { 0.002 } else { 0.0 };
                points.push(done(points.len() as u32 + 1, values, &[accuracy]));
            }
        }
        points
    }

    #[test]
    fn the_key_that_decides_comes_first_and_one_without_effect_scores_nothing() {
        let keys = ["top.activation", "top.dropout"].map(str::to_owned);
        let list = importance(&points(), &keys, Metric::ValAccuracy);
        assert_eq!(list[0].key, "top.dropout");
        assert!(list[0].importance.is_some_and(|share| share > 0.85), "{list:?}");
        assert!(list[1].importance.is_some_and(|share| share < 0.05), "{list:?}");
        assert_eq!((list[0].groups, list[1].groups), (3, 2), "six numbers are grouped");
        assert_eq!(list[0].best.as_deref(), Some("0.1..0.3"));
    }

    #[test]
    fn too_few_points_tell_nothing() {
        let keys = ["top.dropout".to_owned()];
        assert_eq!(importance(&points()[..1], &keys, Metric::ValAccuracy)[0].importance, None);
        assert_eq!(importance(&[], &keys, Metric::ValAccuracy)[0].points, 0);
    }
}
