//! The table of runs: what was reached, the keys that differ, the other numbers.

use maud::{Markup, html};

use super::super::page::frame::{State, duration};
use crate::report::compare::Metric;
use crate::report::{Comparison, Objective, RunView};

/// One row a run. Every head is a button that sorts; the script finds the value to sort by in the cell's `data-v`.
pub fn table(runs: &[RunView], keys: &[String], objective: Objective) -> Markup {
    let reached =
        Metric::ranked(objective.to_string(), runs.iter().map(|run| objective.reached(run)).collect(), objective);
    let others: Vec<_> =
        Comparison::of(runs).metrics.into_iter().filter(|metric| !metric.name.starts_with("best_")).collect();
    html! {
        table.grid.sorts id="table" {
            thead { tr {
                th scope="col" { span.unseen { "curve" } }
                (head("run", "text")) (head("state", "text")) (head(&objective.to_string(), "number"))
                @for key in keys { (head(key, "text")) }
                @for metric in &others { (head(&label(metric, objective), "number")) }
                (head("epochs", "number"))
            } }
            tbody { @for (at, run) in runs.iter().enumerate() { (row(run, at, keys, &reached, &others)) } }
        }
    }
}

/// The value at the end has the name of the objective's column too: it is told apart.
fn label(metric: &Metric, objective: Objective) -> String {
    if metric.name == objective.to_string() { format!("last {}", metric.name) } else { metric.name.clone() }
}

/// A head that is a button: it sorts.
pub fn head(text: &str, class: &str) -> Markup {
    html! { th class=(class) scope="col" data-key=(text) { button type="button" { (text) span.arrow aria-hidden="true" {} } } }
}

fn row(run: &RunView, at: usize, keys: &[String], reached: &Metric, others: &[Metric]) -> Markup {
    let label = format!("{}/{}", run.name, run.id);
    html! {
        tr data-at=(at) {
            td { button.swatch type="button" aria-pressed="false" aria-label={ "Curve of " (label) } {} }
            th.mono scope="row" data-v=(label) { (label) }
            td data-v=(run.state) { (State(&run.state)) }
            (number(reached, at))
            @for key in keys { td.mono data-v=[run.settings.get(key)] { (run.settings.get(key).unwrap_or("–")) } }
            @for metric in others { (number(metric, at)) }
            td.number data-v=(run.metrics.len()) { (run.metrics.len()) }
        }
    }
}

fn number(metric: &Metric, at: usize) -> Markup {
    let best = metric.best[at] && metric.values.len() > 1;
    html! {
        td.number.best[best] data-v=[metric.values[at]] {
            @match metric.values[at] {
                Some(value) if metric.name == "seconds" => (duration(value)),
                Some(value) => (format!("{value:.4}")),
                None => "–",
            }
            @if best { span aria-hidden="true" { "★" } span.unseen { " best" } }
        }
    }
}
