//! `confusion.svg`: rows are the classes that images belong to, columns those that they were taken for.

use maud::{Markup, PreEscaped, html};

use crate::report::{Confusion, RunView};

/// From this many classes on there is no room for numbers in the cells; they are in the cells' titles.
const NUMBERED: usize = 24;

const STYLE: &str = "
  svg { font: 12px system-ui, 'Helvetica Neue', Arial, sans-serif; background: #fff }
  text { fill: #333 } .faint { fill: #666 } .name { fill: #1a1a1a; font-size: 14px; font-weight: 600 } .end { text-anchor: end }
  .middle { text-anchor: middle } .cell { fill: #0072b2; stroke: #ccc; stroke-width: .5 } .over { fill: #fff }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c } text { fill: #d5d8dd } .faint { fill: #a9adb5 } .name { fill: #eceef1 }
    .cell { fill: #56b4e9; stroke: #444 } .over { fill: #10161c }
  }";

/// Sizes of one picture, in pixels.
struct Sizes {
    cell: f64,
    left: f64,
    top: f64,
}

impl Sizes {
    fn of(confusion: &Confusion) -> Self {
        let longest = confusion.classes().iter().map(|name| shortened(name).chars().count()).max().unwrap_or(0);
        let cell = (560.0 / confusion.classes().len().max(1) as f64).clamp(6.0, 72.0);
        Self {
            cell,
            left: 48.0 + longest as f64 * 7.0,
            top: if upright(confusion) { 84.0 } else { 66.0 + longest as f64 * 5.5 },
        }
    }
}

/// The confusion matrix of a run as an SVG document that stands alone.
pub fn confusion_svg(run: &RunView) -> String {
    let confusion = Confusion::of(run);
    let sizes = Sizes::of(&confusion);
    let side = sizes.cell * confusion.classes().len() as f64;
    let (width, height) = ((sizes.left + side + 72.0).max(300.0), sizes.top + side + 24.0);
    let document = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {width:.0} {height:.0}")) width=(format!("{width:.0}"))
            height=(format!("{height:.0}")) role="img" aria-labelledby="title description" {
            title id="title" { "Confusion matrix of " (run.name) "/" (run.id) }
            desc id="description" { (confusion.right()) " of " (confusion.total()) " validation images were taken for what they are." }
            style { (PreEscaped(STYLE)) }
            text.name x="24" y="28" { (run.name) "/" (run.id) }
            text.faint x=(sizes.left) y="50" { "taken for" }
            text.faint.end x=(sizes.left - 10.0) y=(sizes.top - 8.0) { "is" }
            @for class in 0..confusion.classes().len() { (row(&confusion, &sizes, class)) }
        }
    };
    document.into_string() + "\n"
}

fn row(confusion: &Confusion, sizes: &Sizes, label: usize) -> Markup {
    let middle = (label as f64 + 0.5) * sizes.cell;
    html! {
        @if sizes.cell >= 9.0 {
            text.end x=(sizes.left - 10.0) y=(format!("{:.1}", sizes.top + middle + 4.0)) { (shortened(&confusion.classes()[label])) }
            (column_name(confusion, sizes, label))
        }
        @for predicted in 0..confusion.classes().len() { (cell(confusion, sizes, label, predicted)) }
    }
}

fn column_name(confusion: &Confusion, sizes: &Sizes, class: usize) -> Markup {
    let (x, y) = (sizes.left + (class as f64 + 0.5) * sizes.cell, sizes.top - 8.0);
    let name = shortened(&confusion.classes()[class]);
    html! {
        @if upright(confusion) {
            text.middle x=(format!("{x:.1}")) y=(y) { (name) }
        } @else {
            text transform=(format!("translate({:.1} {y}) rotate(-55)", x + 3.0)) { (name) }
        }
    }
}

fn cell(confusion: &Confusion, sizes: &Sizes, label: usize, predicted: usize) -> Markup {
    let (x, y) = (sizes.left + predicted as f64 * sizes.cell, sizes.top + label as f64 * sizes.cell);
    let (count, share) = (confusion.get(label, predicted), confusion.share(label, predicted));
    let (from, to) = (&confusion.classes()[label], &confusion.classes()[predicted]);
    html! {
        rect.cell x=(format!("{x:.1}")) y=(format!("{y:.1}")) width=(format!("{:.1}", sizes.cell)) height=(format!("{:.1}", sizes.cell))
            fill-opacity=(format!("{:.3}", strength(share))) {
            title { (from) " taken for " (to) ": " (count) " (" (format!("{:.1} %", share * 100.0)) " of " (from) ")" }
        }
        @if confusion.classes().len() <= NUMBERED && count > 0 {
            text.middle.over[strength(share) > 0.55] x=(format!("{:.1}", x + sizes.cell / 2.0))
                y=(format!("{:.1}", y + sizes.cell / 2.0 + 4.0)) { (count) }
        }
    }
}

/// How strongly a cell is coloured: small shares must still be seen, so the root of the share.
pub fn strength(share: f64) -> f64 {
    share.sqrt()
}

/// Whether the names of the columns fit above them without being turned.
fn upright(confusion: &Confusion) -> bool {
    let longest = confusion.classes().iter().map(|name| shortened(name).chars().count()).max().unwrap_or(0);
    confusion.classes().len() <= 7 && longest <= 10
}

/// A name that leaves room for the matrix.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 22;
    if name.chars().count() <= LONGEST {
        name.to_owned()
    } else {
        name.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}
