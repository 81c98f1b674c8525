//! What the scripts draw from: one object a run, numbers short enough that five hundred runs stay a small page.

use serde_json::{Value, json};

use crate::report::plots::geometry::Curves;
use crate::report::{Column, Objective, RunView};

/// The columns whose curves can be shown.
const DRAWN: [Column; 4] = [Column::ValAccuracy, Column::ValLoss, Column::Accuracy, Column::Loss];

/// `{objective, maximised, keys, runs: [{label, state, started, reached, settings, curves, changes}]}`.
pub fn json(runs: &[RunView], keys: &[String], objective: Objective) -> String {
    let runs: Vec<_> = runs.iter().map(|run| self::run(run, keys, objective)).collect();
    let data = json!({
        "objective": objective.to_string(),
        "maximised": objective.maximised(),
        "keys": keys,
        "runs": runs,
    });
    data.to_string()
}

fn run(run: &RunView, keys: &[String], objective: Objective) -> Value {
    let curve = |column: Column| run.metrics.iter().map(|row| short(row.value(column))).collect::<Vec<_>>();
    let curves: serde_json::Map<_, _> =
        DRAWN.into_iter().map(|column| (column.name().to_owned(), json!(curve(column)))).collect();
    json!({
        "label": format!("{}/{}", run.name, run.id),
        "state": run.state,
        "started": run.started,
        "reached": objective.reached(run),
        "settings": keys.iter().map(|key| run.settings.get(key)).collect::<Vec<_>>(),
        "curves": curves,
        "changes": Curves::of(run, objective).changes().collect::<Vec<_>>(),
    })
}

/// A number with five significant digits: more than a curve can show.
fn short(value: Option<f64>) -> Value {
    value.and_then(|value| format!("{value:.4e}").parse::<f64>().ok()).map_or(Value::Null, |value| json!(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_rounded_to_five_digits() {
        assert_eq!(short(Some(0.941_237_5)), json!(0.94124));
        assert_eq!(short(Some(0.000_012_345_67)), json!(0.000012346));
        assert_eq!(short(None), Value::Null);
    }
}
