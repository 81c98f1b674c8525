//! The comparison as a table for people.

use unicode_width::UnicodeWidthStr;

use super::{Comparison, Metric};

/// Whether the best value may be marked with an escape sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    /// Bold, besides the star.
    Ansi,
    /// A star alone.
    Plain,
}

impl Comparison {
    /// A table for people: keys and metrics from top to bottom, runs from left to right; the best are starred.
    pub fn text(&self, emphasis: Emphasis) -> String {
        let mut rows = vec![Row::plain("", self.runs.iter().map(|run| run.as_str().to_owned()))];
        for setting in &self.settings {
            rows.push(Row::plain(
                &setting.key,
                setting.values.iter().map(|value| value.clone().unwrap_or_else(|| "-".into())),
            ));
        }
        if self.settings.is_empty() {
            rows.push(Row::plain("(no key differs)", []));
        }
        rows.push(Row::plain("", []));
        rows.extend(self.metrics.iter().map(Metric::row));
        aligned(&rows, emphasis)
    }
}

impl Metric {
    fn row(&self) -> Row {
        let text = |value: &Option<f64>| value.map_or("-".to_owned(), |value| self.shown(value));
        let alone = self.values.len() < 2;
        Row {
            head: self.name.clone(),
            cells: self.values.iter().map(text).zip(self.best.iter().map(|best| *best && !alone)).collect(),
        }
    }

    fn shown(&self, value: f64) -> String {
        if self.name == "seconds" { format!("{value:.1}") } else { format!("{value:.4}") }
    }
}

/// One line of the table, its cells with whether they are marked.
struct Row {
    head: String,
    cells: Vec<(String, bool)>,
}

impl Row {
    fn plain(head: &str, cells: impl IntoIterator<Item = String>) -> Self {
        Self { head: head.to_owned(), cells: cells.into_iter().map(|cell| (cell, false)).collect() }
    }
}

/// Heads to the left, cells to the right of their columns; a marked cell is followed by a star.
fn aligned(rows: &[Row], emphasis: Emphasis) -> String {
    let head = rows.iter().map(|row| row.head.width()).max().unwrap_or(0);
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let width =
        |at: usize| rows.iter().filter_map(|row| row.cells.get(at)).map(|(cell, _)| cell.width()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = padded_right(&row.head, head);
        for ((cell, marked), width) in row.cells.iter().zip(&widths) {
            line += "  ";
            line += &" ".repeat(width.saturating_sub(cell.width()));
            line += &marked_cell(cell, *marked, emphasis);
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn padded_right(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn marked_cell(cell: &str, marked: bool, emphasis: Emphasis) -> String {
    match (marked, emphasis) {
        (false, _) => format!("{cell} "),
        (true, Emphasis::Plain) => format!("{cell}*"),
        (true, Emphasis::Ansi) => format!("\x1b[1m{cell}*\x1b[0m"),
    }
}
