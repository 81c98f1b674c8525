//! Everything that it takes to get the run again.

use maud::{Markup, html};

use crate::report::RunView;

/// The command, and the facts that the result depends on.
pub fn body(run: &RunView) -> Markup {
    html! {
        p.note { "On the same data and weights this gives the same " code { "metrics.csv" } ", byte for byte, whatever the number of threads." }
        div.command {
            code tabindex="0" { (run.command) }
            button.tool type="button" data-copy=(run.command) hidden { "Copy" }
        }
        @if !run.facts.is_empty() {
            table.grid.facts { tbody { @for fact in &run.facts { tr { th scope="row" { (fact.label) } td { (fact.value) } } } } }
        }
    }
}
