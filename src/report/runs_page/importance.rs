//! How much each key of a sweep mattered, as bars.

use maud::{Markup, html};

use super::super::page::frame::four;
use crate::report::{Importance, SweepView};

/// The bars.
pub fn section(sweep: &SweepView) -> Markup {
    html! {
        section id="importance" aria-labelledby="importance-title" {
            h2 id="importance-title" { "What mattered" }
            p.note { "The share of the variance of " (sweep.objective) " that the values of each key explain, one key at a time (epsilon squared): "
                "a key that matters only together with another scores low." }
            div.scroll tabindex="0" role="region" aria-label="What mattered" {
                table.grid.weights {
                    thead { tr { th scope="col" { "key" } th.number scope="col" { "share" } th.wide scope="col" aria-hidden="true" {}
                        th scope="col" { "best value" } th.number scope="col" { "mean " (sweep.objective) " there" } } }
                    tbody { @for key in &sweep.importance { (row(key)) } }
                }
            }
        }
    }
}

fn row(key: &Importance) -> Markup {
    let percent = key.share.map(|share| share * 100.0);
    html! {
        tr {
            th.mono scope="row" { (key.key) }
            td.number { (percent.map_or("–".to_owned(), |percent| format!("{percent:.1} %"))) }
            td.wide aria-hidden="true" { @if let Some(percent) = percent { span.weight style=(format!("width:{percent:.1}%")) {} } }
            td.mono { (key.best.as_deref().unwrap_or("–")) }
            td.number { (four(key.best_mean)) }
        }
    }
}
