//! What ran and what did not, why, and how long it took.

use maud::{Markup, html};

use super::frame::duration;
use crate::report::{RunView, StageView};

/// The stages in order, and the images that were left out.
pub fn body(run: &RunView) -> Markup {
    let longest = run.stages.iter().filter_map(|stage| stage.seconds).fold(0.0, f64::max);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Stages" {
            table.grid {
                thead { tr { th scope="col" { "stage" } th scope="col" { "outcome" } th scope="col" { "why" } th.number scope="col" { "time" }
                    th.wide scope="col" aria-hidden="true" {} } }
                tbody { @for stage in &run.stages { (row(stage, longest)) } }
            }
        }
        @if !run.skipped.is_empty() { (skipped(run)) }
    }
}

fn row(stage: &StageView, longest: f64) -> Markup {
    let share = stage.seconds.map_or(0.0, |seconds| if longest > 0.0 { seconds / longest * 100.0 } else { 0.0 });
    html! {
        tr {
            th scope="row" { (stage.name) }
            td { (stage.outcome.word()) }
            td { (stage.why) }
            td.number { @if let Some(seconds) = stage.seconds { (duration(seconds)) } @else { "–" } }
            td.wide aria-hidden="true" { span.bar style=(format!("width:{share:.1}%")) {} }
        }
    }
}

fn skipped(run: &RunView) -> Markup {
    html! {
        details open[run.skipped.len() <= 10] {
            summary { (run.skipped.len()) @if run.skipped.len() == 1 { " image was" } @else { " images were" } " skipped" }
            div.scroll.tall tabindex="0" role="region" aria-label="Skipped images" {
                table.grid {
                    thead { tr { th scope="col" { "path" } th scope="col" { "reason" } } }
                    tbody { @for image in &run.skipped { tr { th.mono scope="row" { (image.path) } td { (image.reason) } } } }
                }
            }
        }
    }
}
