//! What a run reached: the metrics of its last stage, final and best.

use crate::event::Stage;
use crate::runs::MetricsRow;
use crate::spec::knobs::Metric;

/// The metrics, in the order of `metrics.csv`.
pub const METRICS: [Metric; 4] = [Metric::Accuracy, Metric::Loss, Metric::ValAccuracy, Metric::ValLoss];

/// The rows of the last stage.
pub fn last_stage(rows: &[MetricsRow]) -> impl Iterator<Item = &MetricsRow> + Clone {
    let stage = rows.last().map(|row| row.stage.as_str());
    rows.iter().filter(move |row| Some(row.stage.as_str()) == stage)
}

/// A metric of an epoch.
pub fn value(row: &MetricsRow, metric: Metric) -> Option<f64> {
    match metric {
        Metric::Accuracy => Some(row.accuracy),
        Metric::Loss => Some(row.loss),
        Metric::ValAccuracy => row.val_accuracy,
        Metric::ValLoss => row.val_loss,
    }
}

/// After the last epoch.
pub fn last(rows: &[MetricsRow], metric: Metric) -> Option<f64> {
    rows.last().and_then(|row| value(row, metric))
}

/// At the best epoch of the last stage, for this metric.
pub fn best(rows: &[MetricsRow], metric: Metric) -> Option<f64> {
    last_stage(rows).filter_map(|row| value(row, metric)).reduce(|best, new| better(metric, best, new))
}

/// The best cost so far after each epoch of a stage, if that is the last one.
pub fn costs(rows: &[MetricsRow], stage: Stage, metric: Metric) -> Vec<(u32, f64)> {
    let mut best = f64::INFINITY;
    let costs = last_stage(rows).filter(|row| row.stage == stage.name()).map(|row| {
        best = best.min(value(row, metric).map_or(f64::INFINITY, |value| cost(metric, value)));
        (row.epoch + 1, best)
    });
    costs.collect()
}

/// The better of two values; the first of equals, and any number rather than none.
pub fn better(metric: Metric, first: f64, second: f64) -> f64 {
    if is_better(metric, second, first) { second } else { first }
}

/// Whether a value is strictly better than another.
pub fn is_better(metric: Metric, value: f64, than: f64) -> bool {
    match metric.larger_is_better() {
        true => value > than || (than.is_nan() && !value.is_nan()),
        false => value < than || (than.is_nan() && !value.is_nan()),
    }
}

/// The value as a cost: smaller is better, whatever the metric.
pub fn cost(metric: Metric, value: f64) -> f64 {
    if metric.larger_is_better() { -value } else { value }
}

/// Mean and sample standard deviation (divided by n - 1); the latter is none for fewer than two values.
pub fn mean_and_sd(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let count = values.len() as f64;
    if values.is_empty() {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (Some(mean), (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stage: &str, val_accuracy: f64) -> MetricsRow {
        MetricsRow {
            stage: stage.to_owned(),
            epoch: 0,
            accuracy: 0.5,
            loss: 1.0 - val_accuracy,
            val_accuracy: Some(val_accuracy),
            val_loss: None,
            learning_rate: 0.1,
        }
    }

    #[test]
    fn the_best_epoch_is_of_the_last_stage_and_the_direction_is_the_metrics() {
        let rows = [row("top", 0.99), row("fine_tune", 0.8), row("fine_tune", 0.9), row("fine_tune", 0.7)];
        assert_eq!(best(&rows, Metric::ValAccuracy), Some(0.9));
        assert_eq!(last(&rows, Metric::ValAccuracy), Some(0.7));
        assert!((best(&rows, Metric::Loss).expect("a loss") - 0.1).abs() < 1e-12);
        assert_eq!(best(&rows, Metric::ValLoss), None);
    }

    #[test]
    fn one_value_has_no_standard_deviation() {
        assert_eq!(mean_and_sd(&[]), (None, None));
        assert_eq!(mean_and_sd(&[0.5]), (Some(0.5), None));
        assert_eq!(mean_and_sd(&[1.0, 3.0]), (Some(2.0), Some(2f64.sqrt())));
    }
}
