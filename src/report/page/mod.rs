//! `report.html`: one run on one page that needs nothing else.

mod confusion;
mod curves;
mod examples;
pub(super) mod frame;
mod headline;
mod origin;
mod specification;
mod stages;

use maud::{Markup, html};

use super::{Pictures, RunView};
use frame::{Frame, State};

/// The page of one run, with pictures where the caller can give them.
pub fn run_page(run: &RunView, pictures: &Pictures) -> String {
    let sections = sections(run, pictures);
    let frame = Frame {
        title: format!("{} {}", run.name, run.id),
        heading: html! { (run.name) span.id { (run.id) } (State(&run.state)) },
        links: sections.iter().map(|section| (section.anchor, section.title)).collect(),
        styles: &[include_str!("../assets/run.css")],
        scripts: &[include_str!("../assets/run.js")],
        data: vec![("metrics", curves::data(run))],
    };
    frame.page(html! {
        @if let Some(message) = &run.message { p.message { (message) } }
        (headline::tiles(run))
        @for section in &sections {
            section id=(section.anchor) aria-labelledby={ (section.anchor) "-title" } {
                h2 id={ (section.anchor) "-title" } { (section.title) }
                (section.body)
            }
        }
    })
}

/// One part of the page, with its place in the list of links.
struct Section {
    anchor: &'static str,
    title: &'static str,
    body: Markup,
}

/// The sections that have something to show.
fn sections(run: &RunView, pictures: &Pictures) -> Vec<Section> {
    let predicted = !run.predictions.is_empty();
    let all = [
        ("curves", "Curves", (!run.metrics.is_empty()).then(|| curves::body(run))),
        ("classes", "Classes", predicted.then(|| confusion::body(run))),
        ("mistakes", "Mistakes and doubts", predicted.then(|| examples::predictions(run, pictures))),
        ("augmentation", "Augmentation", (!pictures.augmented.is_empty()).then(|| examples::augmented(pictures))),
        ("stages", "Stages", (!run.stages.is_empty()).then(|| stages::body(run))),
        ("specification", "Specification", Some(specification::body(run))),
        ("reproduce", "Reproduce", Some(origin::body(run))),
    ];
    all.into_iter().filter_map(|(anchor, title, body)| body.map(|body| Section { anchor, title, body })).collect()
}
