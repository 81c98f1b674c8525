//! The numbers that one looks at first.

use maud::{Markup, html};

use super::frame::{duration, four};
use crate::report::{Column, Confusion, Objective, RunView};

/// A row of large numbers, each with a line below that puts it in its place.
pub fn tiles(run: &RunView) -> Markup {
    let last = |column| four(run.metrics.last().and_then(|row| row.value(column)));
    html! {
        dl.tiles {
            @if !run.metrics.is_empty() {
                (tile("Validation accuracy", &last(Column::ValAccuracy), &best(run, "val_accuracy")))
                (tile("Validation loss", &last(Column::ValLoss), &best(run, "val_loss")))
                (tile("Training accuracy", &last(Column::Accuracy), &format!("loss {}", last(Column::Loss))))
                (tile("Epochs", &run.metrics.len().to_string(), &epochs(run)))
            }
            @if !run.predictions.is_empty() { (mistakes(&Confusion::of(run))) }
            @if let Some(seconds) = run.seconds() { (tile("Time", &duration(seconds), &cached(run))) }
        }
    }
}

fn tile(name: &str, value: &str, note: &str) -> Markup {
    html! { div.tile { dt { (name) } dd { div.big { (value) } div.small { (note) } } } }
}

fn best(run: &RunView, column: &str) -> String {
    let objective: Objective = column.parse().expect("both columns are objectives");
    let Some(at) = objective.best_epoch(run) else { return String::new() };
    let row = &run.metrics[at];
    format!("best {} · {} {}", four(row.value(objective.column())), row.stage, row.epoch)
}

/// `top 50, fine_tune 30`.
fn epochs(run: &RunView) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for row in &run.metrics {
        match counts.last_mut() {
            Some((stage, count)) if *stage == row.stage => *count += 1,
            _ => counts.push((&row.stage, 1)),
        }
    }
    counts.iter().map(|(stage, count)| format!("{stage} {count}")).collect::<Vec<_>>().join(", ")
}

fn mistakes(confusion: &Confusion) -> Markup {
    let wrong = confusion.total() - confusion.right();
    tile("Mistakes", &wrong.to_string(), &format!("of {} validation images", confusion.total()))
}

fn cached(run: &RunView) -> String {
    let count = run.stages.iter().filter(|stage| stage.outcome == crate::report::Outcome::Cached).count();
    format!("{count} of {} stages cached", run.stages.len())
}
