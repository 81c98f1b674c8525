//! `frostline report`: many runs on one page: a table that sorts and filters, curves laid over each other, and, where settings
//! differ, what they did to the objective.
//!
//! The table is whole without any script. The plots are drawn by scripts from the same data, since they follow the filter.

mod data;
mod importance;
mod table;
mod trials;

use maud::{Markup, html};

use super::page::frame::Frame;
use super::{Objective, RunView, SweepView, settings};

/// How many differing keys are shown at most: in this many columns a table can still be read.
const KEYS: usize = 16;

/// The page of some runs, in the order given.
pub fn runs_page(runs: &[RunView], objective: Objective) -> String {
    page(&Many { runs, objective, keys: settings::differing(runs.iter().map(|run| &run.settings)), sweep: None })
}

/// The page of a sweep: the page of its runs, ranked by its objective, with its trials and how much each key mattered.
pub fn sweep_page(sweep: &SweepView, runs: &[RunView]) -> String {
    let differing = settings::differing(runs.iter().map(|run| &run.settings));
    let is_varied = |key: &String| sweep.keys.iter().any(|varied| covers(varied, key));
    let (varied, others): (Vec<_>, Vec<_>) = differing.into_iter().partition(is_varied);
    page(&Many { runs, objective: sweep.objective, keys: [varied, others].concat(), sweep: Some(sweep) })
}

/// Whether a key is another, or lies in the table that the other names.
fn covers(outer: &str, key: &str) -> bool {
    key.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What a page of many runs is about.
struct Many<'a> {
    runs: &'a [RunView],
    objective: Objective,
    /// The keys that differ, the most interesting ones first.
    keys: Vec<String>,
    sweep: Option<&'a SweepView>,
}

fn page(many: &Many) -> String {
    let Many { runs, objective, .. } = *many;
    let keys = &many.keys[..many.keys.len().min(KEYS)];
    let varied = runs.len() >= 3 && !keys.is_empty();
    let frame = Frame {
        title: heading(many),
        heading: html! { (heading(many)) @if let Some(sweep) = many.sweep { span.id { (sweep.id) } } },
        links: links(many, varied),
        styles: &[include_str!("../assets/runs.css")],
        scripts: &[
            include_str!("../assets/charts.js"),
            include_str!("../assets/tables.js"),
            include_str!("../assets/overlay.js"),
            include_str!("../assets/sweep.js"),
            include_str!("../assets/runs.js"),
        ],
        data: vec![("data", data::json(runs, keys, objective))],
    };
    frame.page(html! {
        @if let Some(sweep) = many.sweep {
            (trials::section(sweep))
            @if !sweep.importance.is_empty() { (importance::section(sweep)) }
        }
        (runs_section(runs, keys, many.keys.len(), objective))
        (curves_section(objective))
        @if varied { (sweep_sections(objective)) }
    })
}

fn links(many: &Many, varied: bool) -> Vec<(&'static str, &'static str)> {
    let mut links = Vec::new();
    if let Some(sweep) = many.sweep {
        links.push(("trials", "Trials"));
        links.extend((!sweep.importance.is_empty()).then_some(("importance", "What mattered")));
    }
    links.extend([("runs", "Runs"), ("curves", "Curves")]);
    if varied {
        links.extend([("parallel", "All keys at once"), ("keys", "Key by key"), ("progress", "Progress")]);
    }
    links
}

fn heading(many: &Many) -> String {
    let runs = many.runs;
    if let Some(sweep) = many.sweep {
        return format!("{}: {} sweep of {} points", sweep.name, sweep.strategy, sweep.trials.len());
    }
    let mut names: Vec<_> = runs.iter().map(|run| run.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let count = if runs.len() == 1 { "1 run".to_owned() } else { format!("{} runs", runs.len()) };
    match names.as_slice() {
        [one] => format!("{one}: {count}"),
        many => format!("{count} of {} experiments", many.len()),
    }
}

fn runs_section(runs: &[RunView], keys: &[String], differing: usize, objective: Objective) -> Markup {
    html! {
        section id="runs" aria-labelledby="runs-title" {
            h2 id="runs-title" { "Runs" }
            p.note {
                "Only keys that differ are shown" @if differing > keys.len() { " (the first " (keys.len()) " of " (differing) ")" }
                "; the best value of each column is starred. " (objective) " is the best epoch of the last stage."
            }
            div.bar.screen {
                label for="filter" { "Filter" }
                input id="filter" type="search" placeholder="dropout=0.5 lr<0.001 done" autocomplete="off" spellcheck="false" aria-describedby="filter-help";
                span id="count" role="status" { (runs.len()) " of " (runs.len()) }
                span.muted.help id="filter-help" { "words, or key=value, key<number, key>number; all must hold" }
            }
            div.scroll.tall tabindex="0" role="region" aria-label="Runs" { (table::table(runs, keys, objective)) }
        }
    }
}

fn curves_section(objective: Objective) -> Markup {
    html! {
        section id="curves" aria-labelledby="curves-title" {
            h2 id="curves-title" { "Curves" }
            p.note { "The best runs are on; the others of the filter are grey. Switch any run in the legend or in the first column of the table." }
            div.bar.screen {
                span id="columns" role="group" aria-label="Quantity" {
                    @for column in ["val_accuracy", "val_loss", "accuracy", "loss"] {
                        button.tool type="button" data-column=(column) aria-pressed=(column == objective.to_string()) { (column) } " "
                    }
                }
                span.gap {}
                button.tool type="button" id="best-on" { "Best 8" } " "
                button.tool type="button" id="none-on" { "None" }
            }
            div.overlay {
                div.chart id="overlay" {}
                ul.legend id="legend" aria-label="Legend" {}
            }
        }
    }
}

fn sweep_sections(objective: Objective) -> Markup {
    html! {
        section id="parallel" aria-labelledby="parallel-title" {
            h2 id="parallel-title" { "All keys at once" }
            p.note { "One line a run, the better the stronger. Drag along an axis to keep only the runs that pass there; click it to let go." }
            div.scroll { div.chart id="parallel-chart" {} }
        }
        section id="keys" aria-labelledby="keys-title" {
            h2 id="keys-title" { "Key by key" }
            p.note { (objective) " against each key that differs." }
            div.small-charts id="key-charts" {}
        }
        section id="progress" aria-labelledby="progress-title" {
            h2 id="progress-title" { "Progress" }
            p.note { (objective) " of the runs in the order in which they started; the line is the best so far." }
            div.chart id="progress-chart" {}
        }
    }
}
