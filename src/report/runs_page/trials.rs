//! The trials of a sweep, the best first, and which of them chance alone may have put behind the best.

use maud::{Markup, html};

use super::super::page::frame::{State, duration};
use super::table::head;
use crate::report::{Spread, SweepView, Trial};

/// The table of trials.
pub fn section(sweep: &SweepView) -> Markup {
    let repeated = sweep.trials.iter().any(|trial| trial.repeats > 1);
    html! {
        section id="trials" aria-labelledby="trials-title" {
            h2 id="trials-title" { "Trials" }
            p.note {
                "Ranked by " (sweep.objective) " at the best epoch"
                @if repeated { ", as mean ± standard deviation over the repeats; ≈ marks what is within one standard deviation of the best" }
                ". " (states(sweep)) "."
            }
            div.scroll.tall tabindex="0" role="region" aria-label="Trials" { (table(sweep)) }
        }
    }
}

/// How many trials came to what: `20 done, 3 pruned`.
fn states(sweep: &SweepView) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for trial in &sweep.trials {
        match counts.iter_mut().find(|(state, _)| *state == trial.state) {
            Some((_, count)) => *count += 1,
            None => counts.push((&trial.state, 1)),
        }
    }
    counts.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

fn table(sweep: &SweepView) -> Markup {
    html! {
        table.grid.sorts {
            thead { tr {
                (head("point", "text")) (head("state", "text")) (head(&sweep.objective.to_string(), "number"))
                @for key in &sweep.keys { (head(key, "text")) }
                (head(&format!("last {}", sweep.objective), "number"))
                (head("repeats", "number")) (head("seconds", "number")) (head("runs", "text"))
            } }
            tbody { @for trial in sweep.ranked() { (row(trial)) } }
        }
    }
}

fn row(trial: &Trial) -> Markup {
    let best = trial.rank == Some(1);
    let value = trial.reached.map(|spread| spread.mean);
    html! {
        tr {
            th.mono scope="row" data-v=(trial.point) { (trial.point) }
            td data-v=(trial.state) { (State(&trial.state)) }
            td.number.best[best] data-v=[value] {
                (shown(trial.reached))
                @if best { span aria-hidden="true" { "★" } span.unseen { " best" } }
                @else if trial.ties { span.tie aria-hidden="true" { "≈" } span.unseen { " as good as the best" } }
            }
            @for value in &trial.values { td.mono data-v=[value.as_deref()] { (value.as_deref().unwrap_or("–")) } }
            td.number data-v=[trial.last.map(|spread| spread.mean)] { (shown(trial.last)) }
            td.number data-v=(trial.repeats) { (trial.repeats) }
            td.number data-v=[trial.seconds] { (trial.seconds.map_or("–".to_owned(), duration)) }
            td.mono data-v=(trial.runs.join(" ")) { (trial.runs.join(" ")) }
        }
    }
}

/// `0.9412 ± 0.0031`.
fn shown(spread: Option<Spread>) -> String {
    match spread {
        Some(Spread { mean, sd: Some(sd) }) => format!("{mean:.4} ± {sd:.4}"),
        Some(Spread { mean, sd: None }) => format!("{mean:.4}"),
        None => "–".to_owned(),
    }
}
