//! Runs side by side: only the keys that differ, and the metrics with the best marked.

mod table;

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

pub use table::Emphasis;

use super::{Column, Objective, RunView, settings};

/// Some runs, side by side. Every list has one entry a run, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// `name/id` of each run.
    pub runs: Vec<String>,
    /// The keys whose values are not all the same.
    pub settings: Vec<Setting>,
    /// What the runs reached.
    pub metrics: Vec<Metric>,
}

/// A key that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The dotted key.
    pub key: String,
    /// Its values; none where a run does not have it.
    pub values: Vec<Option<String>>,
}

/// A number that the runs are compared by.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// `val_accuracy`: the value of the last epoch; `best_val_accuracy`: that of the best one; `seconds`.
    pub name: String,
    /// The values.
    pub values: Vec<Option<f64>>,
    /// Which of them are the best; all of those that are equal.
    pub best: Vec<bool>,
}

impl Comparison {
    /// Compares runs.
    pub fn of(runs: &[RunView]) -> Self {
        let keys = settings::differing(runs.iter().map(|run| &run.settings));
        let values = |key: &String| runs.iter().map(|run| run.settings.get(key).map(str::to_owned)).collect();
        Self {
            runs: runs.iter().map(|run| format!("{}/{}", run.name, run.id)).collect(),
            settings: keys.iter().map(|key| Setting { key: key.clone(), values: values(key) }).collect(),
            metrics: metrics(runs),
        }
    }

    /// One line a run: the run, the keys that differ, the metrics. Absent values are empty.
    pub fn csv(&self) -> String {
        let header = std::iter::once("run").chain(self.settings.iter().map(|setting| setting.key.as_str()));
        let header = header.chain(self.metrics.iter().map(|metric| metric.name.as_str()));
        let mut text = record(header.map(str::to_owned));
        for (at, run) in self.runs.iter().enumerate() {
            let settings = self.settings.iter().map(|setting| setting.values[at].clone().unwrap_or_default());
            let metrics =
                self.metrics.iter().map(|metric| metric.values[at].map(|value| value.to_string()).unwrap_or_default());
            text += &record(std::iter::once(run.clone()).chain(settings).chain(metrics));
        }
        text
    }

    /// A list with one object a run: `{run, settings, metrics, best}`; `best` names the metrics in which it is the best.
    pub fn json(&self) -> String {
        let runs: Vec<Value> = (0..self.runs.len()).map(|at| self.object(at)).collect();
        format!("{:#}\n", Value::Array(runs))
    }

    fn object(&self, at: usize) -> Value {
        let settings: Map<_, _> =
            self.settings.iter().map(|setting| (setting.key.clone(), json!(setting.values[at]))).collect();
        let metrics: Map<_, _> =
            self.metrics.iter().map(|metric| (metric.name.clone(), json!(metric.values[at]))).collect();
        let best: Vec<_> =
            self.metrics.iter().filter(|metric| metric.best[at]).map(|metric| metric.name.as_str()).collect();
        json!({ "run": self.runs[at], "settings": settings, "metrics": metrics, "best": best })
    }
}

impl Metric {
    /// Values ranked as an objective ranks them.
    pub(super) fn ranked(name: String, values: Vec<Option<f64>>, objective: Objective) -> Self {
        Self::new(name, values, |left, right| objective.rank(left, right))
    }

    fn new(name: String, values: Vec<Option<f64>>, rank: impl Fn(f64, f64) -> Ordering) -> Self {
        let top = values.iter().flatten().copied().min_by(|left, right| rank(*left, *right));
        let best = values.iter().map(|value| value.is_some() && *value == top).collect();
        Self { name, values, best }
    }
}

fn metrics(runs: &[RunView]) -> Vec<Metric> {
    let columns = [Column::ValAccuracy, Column::ValLoss, Column::Accuracy, Column::Loss];
    let objectives =
        columns.map(|column| column.name().parse::<Objective>().expect("every column but the rate is one"));
    let mut metrics = Vec::new();
    for objective in objectives {
        let last = runs.iter().map(|run| objective.last(run)).collect();
        metrics.push(Metric::ranked(objective.to_string(), last, objective));
    }
    for objective in &objectives[..2] {
        let best = runs.iter().map(|run| objective.best_value(run)).collect();
        metrics.push(Metric::ranked(format!("best_{objective}"), best, *objective));
    }
    let seconds = runs.iter().map(RunView::seconds).collect();
    metrics.push(Metric::new("seconds".to_owned(), seconds, |left, right| left.total_cmp(&right)));
    metrics
}

fn record(fields: impl IntoIterator<Item = String>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields).expect("memory takes every record");
    String::from_utf8(writer.into_inner().expect("memory takes every record")).expect("every field is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell, Epoch, Settings, StageView};

    fn run(id: &str, dropout: &str, accuracy: &str) -> RunView {
        let mut settings = Settings::default();
        settings.insert("seed", "0");
        settings.insert("top.dropout", dropout);
        let cells = [accuracy, "0.5", accuracy, "0.25", "0.001"].map(Cell::new);
        RunView {
            name: "pets".into(),
            id: id.into(),
            settings,
            metrics: vec![Epoch { stage: "top".into(), epoch: 0, cells }],
            stages: vec![StageView { seconds: Some(1.5), ..StageView::default() }],
            ..RunView::default()
        }
    }

    #[test]
    fn the_table_shows_only_what_differs_and_stars_the_best() {
        let text = Comparison::of(&[run("0001", "0.5", "0.9"), run("0002", "0.3", "0.8")]).text(Emphasis::Plain, None);
        assert!(!text.contains("seed"));
        assert!(text.contains("top.dropout"));
        assert!(text.contains("0.9000*") && !text.contains("0.8000*"), "{text}");
    }

    #[test]
    fn a_narrow_terminal_gets_the_runs_in_blocks() {
        let runs = [run("0001", "0.5", "0.9"), run("0002", "0.3", "0.8"), run("0003", "0.1", "0.7")];
        let text = Comparison::of(&runs).text(Emphasis::Plain, Some(40));
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert_eq!(text.matches("top.dropout").count(), 2, "{text}");
    }

    #[test]
    fn equals_are_all_marked_and_a_single_run_is_not() {
        let both = Comparison::of(&[run("1", "0.5", "0.9"), run("2", "0.3", "0.9")]);
        assert_eq!(both.metrics[0].best, [true, true]);
        assert!(!Comparison::of(&[run("1", "0.5", "0.9")]).text(Emphasis::Plain, None).contains('*'));
    }

    #[test]
    fn csv_has_one_line_a_run_and_full_values() {
        let csv = Comparison::of(&[run("1", "0.5", "0.9000000357627869"), run("2", "0.3", "NA")]).csv();
        let lines: Vec<_> = csv.lines().collect();
        assert_eq!(
            lines[0],
            "run,top.dropout,val_accuracy,val_loss,accuracy,loss,best_val_accuracy,best_val_loss,seconds"
        );
        assert!(lines[1].starts_with("pets/1,0.5,0.9000000357627869,0.25,"), "{csv}");
        assert!(lines[2].starts_with("pets/2,0.3,,0.25,"), "{csv}");
    }

    #[test]
    fn json_names_the_metrics_in_which_a_run_is_best() {
        let json = Comparison::of(&[run("1", "0.5", "0.9"), run("2", "0.3", "0.8")]).json();
        let value: Value = serde_json::from_str(&json).expect("own JSON parses");
        assert_eq!(value[0]["settings"]["top.dropout"], "0.5");
        assert!(value[0]["best"].as_array().expect("a list").contains(&json!("val_accuracy")));
        assert!(!value[1]["best"].as_array().expect("a list").contains(&json!("val_accuracy")));
    }
}
