//! The curves, drawn in shapes that stretch with the page: lines in percent of the plot, texts beside them.
//!
//! They are whole without any script; the script adds the cursor.

use maud::{Markup, html};
use serde_json::json;

use crate::report::plots::curves::described;
use crate::report::plots::geometry::{Curves, Panel};
use crate::report::{Column, Objective, RunView};

/// The units of the stretched picture; only ratios matter.
const UNITS: f64 = 1000.0;

/// Both plots, their key, and the whole table for who would rather read it.
pub fn body(run: &RunView) -> Markup {
    let curves = Curves::of(run, Objective::DEFAULT);
    html! {
        p.note { "Every epoch of every stage on one axis. Point at the curves, or focus them and use the arrow keys, for the values as "
            code { "metrics.csv" } " has them." }
        (key(&curves))
        div.plots {
            div.two { @for panel in &curves.panels { (plot(run, &curves, panel)) } }
            div.tip id="tip" aria-hidden="true" {}
        }
        p.unseen id="spoken" role="status" {}
        (table(run))
    }
}

/// The rows of `metrics.csv` for the script, every number as its text.
pub fn data(run: &RunView) -> String {
    let rows = run.metrics.iter().map(
        |row| json!({ "stage": row.stage, "epoch": row.epoch, "values": row.cells.each_ref().map(|cell| cell.text()) }),
    );
    json!(rows.collect::<Vec<_>>()).to_string()
}

fn key(curves: &Curves) -> Markup {
    html! {
        ul.key aria-label="Key" {
            li.t { i {} "training" }
            li.v { i {} "validation" }
            @if curves.best.is_some() { li.b { i {} "best validation accuracy" } }
            @if curves.stages.len() > 1 { li.c { i {} "change of stage" } }
        }
    }
}

fn plot(run: &RunView, curves: &Curves, panel: &Panel) -> Markup {
    html! {
        figure {
            figcaption { h3 { (panel.title) } }
            div.plot tabindex="0" role="application" aria-roledescription="chart" aria-label={ (panel.title) " by epoch. " (described(run, curves)) }
                data-low=(panel.scale.low()) data-high=(panel.scale.high()) {
                (lines(run, curves, panel))
                @for (place, label) in panel.scale.ticks() { span.ty style=(format!("top:{:.2}%", (1.0 - place) * 100.0)) { (label) } }
                @for epoch in curves.ticks() { span.tx style=(left(curves.place(epoch as f64))) { (epoch) } }
                @if curves.stages.len() > 1 {
                    @for (first, name) in &curves.stages { span.st style=(left(begins(curves, *first))) { (name) } }
                }
                @if let Some((x, y)) = best(run, curves, panel) { span.ring style=(format!("left:{:.2}%;top:{:.2}%", x * 100.0, (1.0 - y) * 100.0)) {} }
                span.cursor {}
                @for (line, class) in panel.lines().into_iter().zip(["dot t", "dot v"]) { span class=(class) data-column=(line.column as usize) {} }
            }
        }
    }
}

fn left(place: f64) -> String {
    format!("left:{:.2}%", place * 100.0)
}

fn lines(run: &RunView, curves: &Curves, panel: &Panel) -> Markup {
    html! {
        svg viewBox=(format!("0 0 {UNITS} {UNITS}")) preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            @for (place, _) in panel.scale.ticks() { path.g d=(format!("M0 {:.1}H{UNITS}", (1.0 - place) * UNITS)) {} }
            path.x d=(format!("M0 {UNITS}H{UNITS}")) {}
            @for change in curves.changes() { path.c d=(format!("M{:.1} 0V{UNITS}", curves.place(change) * UNITS)) {} }
            @if let Some((x, y)) = best(run, curves, panel) { path.d d=(format!("M{:.1} {:.1}V{UNITS}", x * UNITS, (1.0 - y) * UNITS)) {} }
            path.t d=(panel.training.path(0.0, 0.0, UNITS, UNITS)) {}
            path.v d=(panel.validation.path(0.0, 0.0, UNITS, UNITS)) {}
        }
    }
}

fn best(run: &RunView, curves: &Curves, panel: &Panel) -> Option<(f64, f64)> {
    let at = curves.best?;
    let value = run.metrics[at].value(panel.validation.column)?;
    Some((curves.place(at as f64), panel.scale.place(value)))
}

/// Where a stage begins: halfway between its first epoch and the one before.
fn begins(curves: &Curves, first: usize) -> f64 {
    if first == 0 { 0.0 } else { curves.place(first as f64 - 0.5) }
}

fn table(run: &RunView) -> Markup {
    html! {
        details {
            summary { "All " (run.metrics.len()) " epochs as a table" }
            div.scroll.tall tabindex="0" role="region" aria-label="All epochs" {
                table.grid {
                    thead { tr { th scope="col" { "stage" } th.number scope="col" { "epoch" }
                        @for column in Column::ALL { th.number scope="col" { (column.name()) } } } }
                    tbody { @for row in &run.metrics {
                        tr { td { (row.stage) } td.number { (row.epoch) } @for cell in &row.cells { td.number.mono { (cell.text()) } } }
                    } }
                }
            }
        }
    }
}
