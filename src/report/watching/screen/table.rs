//! One line for each experiment.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row as Cells, Table};

use super::marks::{bar, fitted, sparkline};
use super::row::{Row, State};
use super::state::Screen;
use crate::report::progress;

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    State,
    Stage,
    Epoch,
    Bar,
    Left,
    Last,
    Best,
    Spark,
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Name => "  experiment",
            Self::State => "state",
            Self::Stage => "stage",
            Self::Epoch => "  epoch",
            Self::Bar => "",
            Self::Left => "      left",
            Self::Last => "  last",
            Self::Best => "  best",
            Self::Spark => "val_accuracy",
        }
    }

    /// Columns that fit a width, with their widths; the name takes what is left.
    fn fitting(width: u16) -> Vec<(Self, u16)> {
        let (name, spark) = (width.saturating_sub(68).clamp(14, 40), width.saturating_sub(104).clamp(12, 40));
        match width {
            118.. => vec![
                (Self::Name, width.saturating_sub(74 + spark).min(40)),
                (Self::State, 7),
                (Self::Stage, 10),
                (Self::Epoch, 7),
                (Self::Bar, 16),
                (Self::Left, 10),
                (Self::Last, 6),
                (Self::Best, 6),
                (Self::Spark, spark),
            ],
            76.. => vec![
                (Self::Name, name),
                (Self::State, 7),
                (Self::Stage, 10),
                (Self::Epoch, 7),
                (Self::Bar, 12),
                (Self::Last, 6),
                (Self::Best, 6),
                (Self::Spark, width.saturating_sub(name + 55)),
            ],
            56.. => vec![
                (Self::Name, width.saturating_sub(34)),
                (Self::State, 7),
                (Self::Stage, 10),
                (Self::Epoch, 7),
                (Self::Best, 6),
            ],
            _ => vec![(Self::Name, width.saturating_sub(15)), (Self::State, 7), (Self::Best, 6)],
        }
    }
}

/// Draws the rows around the selected one, and remembers which.
pub(super) fn draw(screen: &mut Screen, frame: &mut Frame<'_>, area: Rect, now: Duration) {
    let columns = Column::fitting(area.width);
    let place = screen.place();
    screen.page = usize::from(area.height.saturating_sub(1)).max(1);
    let last_top = screen.rows.len().saturating_sub(screen.page);
    screen.top = screen.top.clamp((place + 1).saturating_sub(screen.page), place).min(last_top);
    let shown = screen.rows.values().enumerate().skip(screen.top).take(screen.page);
    let lines = shown.map(|(at, row)| {
        let cells = columns.iter().map(|(column, width)| cell(screen, row, *column, usize::from(*width), now));
        let line = Cells::new(cells);
        if at == place && screen.selected.is_some() { line.style(screen.theme.selected()) } else { line }
    });
    let head = Cells::new(columns.iter().map(|(column, _)| column.title())).style(screen.theme.dim());
    let widths = columns.iter().map(|(_, width)| Constraint::Length(*width));
    frame.render_widget(Table::new(lines, widths).header(head).column_spacing(1), area);
}

fn cell(screen: &Screen, row: &Row, column: Column, width: usize, now: Duration) -> Cell<'static> {
    let (theme, state) = (screen.theme, screen.state_of(row));
    let number = |value: Option<f64>| value.map_or("     -".to_owned(), |value| format!("{value:.4}"));
    match column {
        Column::Name => {
            let mark = if screen.selected.as_ref() == Some(&row.file) { "▸ " } else { "  " };
            format!("{mark}{}", fitted(&row.name, width.saturating_sub(2))).into()
        }
        Column::State => Span::styled(state.word(), theme.state(state)).into(),
        Column::Stage => match (state, row.stage) {
            (State::Queued, _) => place_in_queue(screen, row).into(),
            _ if row.sweeps => "sweep".into(),
            (_, Some(stage)) => stage.name().into(),
            (_, None) => "".into(),
        },
        Column::Epoch => match row.epochs {
            (_, 0) => "".into(),
            (done, all) => {
                let whole = format!("{done}/{all}");
                let short = match whole.len() > width {
                    true if done >= 1000 => format!("{}k/{}k", done / 1000, all / 1000),
                    true => format!("{done}/{}k", all / 1000),
                    false => whole,
                };
                format!("{short:>width$}").into()
            }
        },
        Column::Bar => match row.work {
            Some(work) => Line::styled(bar(work.share(), width), theme.bar()).into(),
            None => "".into(),
        },
        Column::Left => {
            let left = row.work.and_then(|work| work.left(now)).map(progress::seconds).unwrap_or_default();
            format!("{left:>width$}").into()
        }
        Column::Last => number(row.last()).into(),
        Column::Best => number(row.best()).into(),
        Column::Spark => {
            let values: Vec<f64> = row.points.iter().map(|point| point.val_accuracy).collect();
            Line::styled(sparkline(&values, width), theme.validation()).into()
        }
    }
}

fn place_in_queue(screen: &Screen, row: &Row) -> String {
    let place = screen.queue.iter().position(|file| *file == row.file);
    place.map(|place| format!("{} of {}", place + 1, screen.queue.len())).unwrap_or_default()
}
