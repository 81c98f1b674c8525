//! `curves.svg`: accuracy and loss side by side, training and validation, all stages on one axis of epochs.

use maud::{Markup, PreEscaped, html};

use super::geometry::{Curves, Line, Panel};
use crate::report::{Objective, RunView};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 340.0;
const PANEL: Frame = Frame { left: 0.0, top: 92.0, width: 408.0, height: 206.0 };

/// Colours that stay apart for every kind of colour vision (Okabe and Ito 2008), for light and dark grounds; the
/// training line is dashed besides, so that both can be told apart in a print without colour.
const STYLE: &str = "
  svg { font: 12px system-ui, 'Helvetica Neue', Arial, sans-serif; background: #fff }
  text { fill: #555 } .strong { fill: #1a1a1a; font-weight: 600 } .name { fill: #1a1a1a; font-size: 14px; font-weight: 600 }
  .grid { stroke: #e6e6e6 } .change { stroke: #888; stroke-dasharray: 2 3 } .axis { stroke: #999 }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
  .training { stroke: #0072b2; stroke-dasharray: 5 4 } .validation { stroke: #d55e00 }
  .best { fill: #fff; stroke: #d55e00; stroke-width: 2 } .drop { stroke: #d55e00; stroke-opacity: .45 } .end { text-anchor: end } .middle { text-anchor: middle }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c } text { fill: #a9adb5 } .strong, .name { fill: #eceef1 }
    .grid { stroke: #2b2f36 } .change { stroke: #7d838d } .axis { stroke: #5b616b }
    .training { stroke: #56b4e9 } .validation { stroke: #e69f00 } .best { fill: #16181c; stroke: #e69f00 } .drop { stroke: #e69f00 }
  }";

/// Where a panel stands in the picture.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Frame {
    fn x(&self, place: f64) -> f64 {
        self.left + place * self.width
    }

    fn y(&self, place: f64) -> f64 {
        self.top + (1.0 - place) * self.height
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

/// The curves of a run as an SVG document that stands alone.
pub fn curves_svg(run: &RunView) -> String {
    let curves = Curves::of(run, Objective::DEFAULT);
    let document = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) width=(WIDTH) height=(HEIGHT) role="img"
            aria-labelledby="title description" {
            title id="title" { "Curves of " (run.name) "/" (run.id) }
            desc id="description" { (described(run, &curves)) }
            style { (PreEscaped(STYLE)) }
            text.name x="24" y="28" { (run.name) "/" (run.id) }
            (legend())
            @for (panel, left) in curves.panels.iter().zip([56.0, 528.0]) {
                (drawn(run, &curves, panel, Frame { left, ..PANEL }))
            }
        }
    };
    document.into_string() + "\n"
}

/// What the picture shows, in a sentence or two.
pub fn described(run: &RunView, curves: &Curves) -> String {
    let Some(last) = run.metrics.last() else { return "No epoch was trained.".to_owned() };
    let stages: Vec<_> = curves.stages.iter().map(|(_, name)| name.as_str()).collect();
    let mut text = format!("Accuracy and loss over {} epochs ({}). ", curves.epochs, stages.join(", then "));
    let value = |name: &str, cell: &str| format!("{name} {cell}");
    let ends = [("validation accuracy", last.cells[2].text()), ("validation loss", last.cells[3].text())];
    text += &format!("Ends at {}. ", ends.map(|(name, cell)| value(name, cell)).join(", "));
    if let Some(best) = curves.best {
        let row = &run.metrics[best];
        text += &format!("Best at {} epoch {}: validation accuracy {}.", row.stage, row.epoch, row.cells[2].text());
    }
    text
}

fn legend() -> Markup {
    html! {
        @for (class, label, left) in [("training", "training", 690.0), ("validation", "validation", 784.0)] {
            path class={ "line " (class) } d=(format!("M{left} 24h24")) {}
            text x=(left + 30.0) y="28" { (label) }
        }
        circle.best cx="884" cy="24" r="4.5" {}
        text x="894" y="28" { "best" }
    }
}

fn drawn(run: &RunView, curves: &Curves, panel: &Panel, frame: Frame) -> Markup {
    html! {
        text.strong x=(frame.left) y=(frame.top - 28.0) { (panel.title) }
        @for (place, label) in panel.scale.ticks() {
            path.grid d=(format!("M{} {:.1}h{}", frame.left, frame.y(place), frame.width)) {}
            text.end x=(frame.left - 8.0) y=(format!("{:.1}", frame.y(place) + 4.0)) { (label) }
        }
        (epoch_axis(curves, frame))
        @for (line, class) in panel.lines().into_iter().zip(["training", "validation"]) {
            path class={ "line " (class) } d=(line.path(frame.left, frame.top, frame.width, frame.height)) {}
        }
        (best(run, curves, panel, &panel.validation, frame))
    }
}

fn epoch_axis(curves: &Curves, frame: Frame) -> Markup {
    html! {
        path.axis d=(format!("M{} {}h{}", frame.left, frame.bottom(), frame.width)) {}
        @for epoch in curves.ticks() {
            text.middle x=(format!("{:.1}", frame.x(curves.place(epoch as f64)))) y=(frame.bottom() + 18.0) { (epoch) }
        }
        text.end x=(frame.left + frame.width) y=(frame.bottom() + 34.0) { "epoch" }
        @for change in curves.changes() {
            path.change d=(format!("M{:.1} {}v{}", frame.x(curves.place(change)), frame.top - 6.0, frame.height + 6.0)) {}
        }
        @if curves.stages.len() > 1 {
            @for (first, name) in &curves.stages {
                @let from = if *first == 0 { 0.0 } else { *first as f64 - 0.5 };
                text x=(format!("{:.1}", frame.x(curves.place(from)))) y=(frame.top - 9.0) { (name) }
            }
        }
    }
}

/// The best epoch: a ring on the validation line and a thin rule down to the axis.
fn best(run: &RunView, curves: &Curves, panel: &Panel, line: &Line, frame: Frame) -> Markup {
    let known = curves.best.and_then(|at| run.metrics[at].value(line.column).map(|value| (at, value)));
    html! {
        @if let Some((at, value)) = known {
            @let (x, y) = (frame.x(curves.place(at as f64)), frame.y(panel.scale.place(value)));
            path.drop d=(format!("M{x:.1} {:.1}V{}", y + 5.0, frame.bottom())) {}
            circle.best cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="4.5" {
                title { "best epoch: " (run.metrics[at].stage) " " (run.metrics[at].epoch) ", " (line.column.title()) " "
                    (run.metrics[at].cell(line.column).text()) }
            }
            text.strong.end[x > frame.left + frame.width / 2.0] x=(format!("{:.1}", if x > frame.left + frame.width / 2.0 { x - 9.0 } else { x + 9.0 }))
                y=(format!("{:.1}", (y - 10.0).max(frame.top + 10.0))) { (format!("{value:.3}")) }
        }
    }
}
