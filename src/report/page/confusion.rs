//! Which class was taken for which, as a table, and how well each class is found.

use maud::{Markup, html};

use super::frame::four;
use crate::report::plots::confusion::strength;
use crate::report::{Confusion, RunView};

/// Cells stronger than this need a light text.
const OVER: f64 = 0.55;

/// The matrix beside the scores.
pub fn body(run: &RunView) -> Markup {
    let confusion = Confusion::of(run);
    html! {
        p.note { (confusion.right()) " of " (confusion.total()) " validation images were taken for what they are. Cells are coloured by the share of their row." }
        div.two {
            figure {
                figcaption { h3 { "Confusion matrix" } }
                div.scroll tabindex="0" role="region" aria-label="Confusion matrix" { (matrix(&confusion)) }
            }
            figure {
                figcaption { h3 { "Precision, recall and F1" } }
                div.scroll tabindex="0" role="region" aria-label="Scores by class" { (scores(&confusion)) }
            }
        }
    }
}

/// How much room a cell has.
fn size(confusion: &Confusion) -> &'static str {
    match confusion.classes().len() {
        0..=6 => "roomy",
        7..=16 => "middle",
        _ => "dense",
    }
}

fn matrix(confusion: &Confusion) -> Markup {
    let classes = confusion.classes();
    html! {
        table class={ "matrix " (size(confusion)) } {
            thead {
                tr { td.axis style="--s:0;width:auto;height:auto" {} th.axis colspan=(classes.len()) scope="colgroup" { "taken for" } }
                tr { th.axis scope="col" { "is" } @for name in classes { th scope="col" { span.turn { (name) } } } }
            }
            tbody {
                @for (label, name) in classes.iter().enumerate() {
                    tr { th scope="row" { (name) } @for predicted in 0..classes.len() { (cell(confusion, label, predicted)) } }
                }
            }
        }
    }
}

fn cell(confusion: &Confusion, label: usize, predicted: usize) -> Markup {
    let (count, share) = (confusion.get(label, predicted), confusion.share(label, predicted));
    let [from, to] = [label, predicted].map(|at| &confusion.classes()[at]);
    html! {
        td.over[strength(share) > OVER] style=(format!("--s:{:.3}", strength(share)))
            title={ (from) " taken for " (to) ": " (count) " (" (format!("{:.1} %", share * 100.0)) ")" } {
            (count) span.share { (format!("{:.1} %", share * 100.0)) }
        }
    }
}

fn scores(confusion: &Confusion) -> Markup {
    let scores = confusion.scores();
    html! {
        table.grid {
            thead { tr { th scope="col" { "class" } @for name in ["precision", "recall", "F1", "images"] { th.number scope="col" { (name) } } } }
            tbody {
                @for score in &scores {
                    tr { th scope="row" { (score.class) } td.number { (four(score.precision)) } td.number { (four(score.recall)) }
                        td.number { (four(score.f1)) } td.number { (score.support) } }
                }
                tr { th scope="row" { "mean of classes" }
                    @for mean in [mean(scores.iter().map(|score| score.precision)), mean(scores.iter().map(|score| score.recall)), mean(scores.iter().map(|score| score.f1))] {
                        td.number { (four(mean)) } }
                    td.number { (confusion.total()) } }
            }
        }
    }
}

/// The mean of what is known.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let known: Vec<f64> = values.flatten().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}
