//! Pictures: what went wrong with confidence, what went right without, and what augmentation makes of an image.

use maud::{Markup, html};

use crate::report::examples::{confident_mistakes, uncertain_answers};
use crate::report::thumbnail::data_uri;
use crate::report::{Augmented, Pictures, Pixels, Prediction, RunView};

/// How many of each kind are shown: two rows on a wide screen.
const SHOWN: usize = 16;
/// The longer side of a thumbnail, in pixels: sharp in the 132 px frame, and 32 of them stay far below a megabyte.
const SIDE: usize = 160;
/// The longer side of an augmented example, in pixels.
const AUGMENTED_SIDE: usize = 112;
/// How many training images, and how many variants of each, are shown at most.
const AUGMENTED: (usize, usize) = (8, 8);

/// The most confident mistakes and the least certain right answers.
pub fn predictions(run: &RunView, pictures: &Pictures) -> Markup {
    let (mistakes, doubts) = (confident_mistakes(run, SHOWN), uncertain_answers(run, SHOWN));
    let wrong = run.predictions.iter().filter(|row| row.label != row.predicted).count();
    html! {
        p.note { "Paths are those of " code { "predictions.csv" } "; the number is the probability of the class that the image was taken for." }
        h3 { "Most confident mistakes" span.muted { " · " (mistakes.len()) " of " (wrong) } }
        @if mistakes.is_empty() { p.note { "There is none: every validation image was taken for what it is." } }
        (cards(&mistakes, pictures))
        h3 { "Least certain right answers" span.muted { " · " (doubts.len()) " of " (run.predictions.len() - wrong) } }
        (cards(&doubts, pictures))
    }
}

fn cards(rows: &[&Prediction], pictures: &Pictures) -> Markup {
    html! { ul.cards { @for row in rows { li.card { (card(row, (pictures.validation)(&row.path).as_ref())) } } } }
}

fn card(row: &Prediction, pixels: Option<&Pixels>) -> Markup {
    let wrong = row.label != row.predicted;
    html! {
        div.frame { (picture(pixels, SIDE, &format!("{}, taken for {}", row.label, row.predicted))) }
        p {
            @if wrong { (row.label) " → " span.wrong { (row.predicted) } } @else { span.right { (row.predicted) } }
            " " span.muted { (format!("{:.3}", row.probability)) }
        }
        p.mono { (row.path) }
    }
}

fn picture(pixels: Option<&Pixels>, side: usize, text: &str) -> Markup {
    html! {
        @match pixels.and_then(|pixels| data_uri(pixels, side)) {
            Some(uri) => img src=(uri) alt=(text) {},
            None => "no picture",
        }
    }
}

/// Training images as they are and as the network saw them.
pub fn augmented(pictures: &Pictures) -> Markup {
    html! {
        p.note { "Training images, first as they are at the target size, then as the network saw them in its first epochs." }
        @for example in pictures.augmented.iter().take(AUGMENTED.0) { (strip(example)) }
    }
}

fn strip(example: &Augmented) -> Markup {
    html! {
        div.strip {
            div { (example.class) p.mono { (example.path) } }
            div.shots {
                @if let Some(original) = &example.original { div.first { (picture(Some(original), AUGMENTED_SIDE, "as it is")) } }
                @for (epoch, variant) in example.variants.iter().take(AUGMENTED.1).enumerate() {
                    (picture(Some(variant), AUGMENTED_SIDE, &format!("as seen in epoch {epoch}")))
                }
            }
        }
    }
}
