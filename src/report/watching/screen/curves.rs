//! The curves of one experiment: accuracy and loss, training and validation, over all epochs of its stages.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType};

use super::point::Point;
use super::row::Row;
use super::theme::Theme;

/// From this width on, accuracy and loss lie beside each other.
const BESIDE: u16 = 76;
/// From this height on, they lie above each other.
const STACKED: u16 = 14;

/// One plot: what it is called, and a value for training and for validation of each epoch.
struct Plot {
    title: &'static str,
    training: fn(&Point) -> f64,
    validation: fn(&Point) -> f64,
}

const ACCURACY: Plot =
    Plot { title: "accuracy", training: |point| point.accuracy, validation: |point| point.val_accuracy };
const LOSS: Plot = Plot { title: "loss", training: |point| point.loss, validation: |point| point.val_loss };

/// Draws accuracy and, where there is room, loss.
pub(super) fn draw(row: &Row, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let halves = [Constraint::Percentage(50), Constraint::Percentage(50)];
    if area.height >= STACKED {
        let [upper, lower] = Layout::vertical(halves).areas(area);
        plot(row, &ACCURACY, theme, frame, upper);
        plot(row, &LOSS, theme, frame, lower);
    } else if area.width >= BESIDE {
        let [left, right] = Layout::horizontal(halves).areas(area);
        plot(row, &ACCURACY, theme, frame, left);
        plot(row, &LOSS, theme, frame, right);
    } else {
        plot(row, &ACCURACY, theme, frame, area);
    }
}

fn plot(row: &Row, plot: &Plot, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let series = |value: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        let places = row.points.iter().enumerate().map(|(at, point)| (at as f64 + 1.0, value(point)));
        places.filter(|(_, value)| value.is_finite()).collect()
    };
    let (training, validation) = (series(plot.training), series(plot.validation));
    let (low, high) = bounds(training.iter().chain(&validation).map(|(_, value)| *value));
    let change = row.points.windows(2).position(|pair| pair[0].stage != pair[1].stage);
    let rule: Vec<(f64, f64)> = change.iter().flat_map(|at| rule(*at as f64 + 1.5, low, high)).collect();
    let sets = vec![
        set(&rule, theme.dim(), Marker::Dot, GraphType::Scatter),
        set(&training, theme.training(), Marker::Dot, GraphType::Scatter),
        set(&validation, theme.validation(), Marker::Braille, GraphType::Line),
    ];
    let last = row.points.len().max(2) as f64;
    let ends = [row.points.first(), row.points.last()].into_iter().flatten();
    let ends = ends.map(|point| format!("{} {}", point.stage, point.epoch));
    let titles = Line::from(vec![
        Span::styled(plot.title, theme.bold()),
        Span::raw("  "),
        Span::styled("• training", theme.training()),
        Span::raw("  "),
        Span::styled("⠒ validation", theme.validation()),
    ]);
    let x = Axis::default().bounds([1.0, last]).labels(ends).style(theme.dim());
    let labels = [low, (low + high) / 2.0, high].map(|value| format!("{value:.3}"));
    let y = Axis::default().bounds([low, high]).labels(labels).style(theme.dim());
    let chart = Chart::new(sets).block(Block::new().title(titles)).legend_position(None).x_axis(x).y_axis(y);
    frame.render_widget(chart, area);
}

fn set(data: &[(f64, f64)], style: Style, marker: Marker, kind: GraphType) -> Dataset<'_> {
    Dataset::default().data(data).style(style).marker(marker).graph_type(kind)
}

/// Points of an upright line, where a stage ends.
fn rule(x: f64, low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> {
    (0..=8).map(move |step| (x, low + (high - low) * f64::from(step) / 8.0))
}

/// The least and the greatest value, with a little room where they are the same.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| (low.min(it), high.max(it)));
    if low > high {
        (0.0, 1.0)
    } else if high - low < 1e-6 {
        (low - 0.01, high + 0.01)
    } else {
        (low, high)
    }
}
