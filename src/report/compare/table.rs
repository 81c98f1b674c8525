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
    /// A table for people: keys and metrics from top to bottom, runs from left to right; the best are starred. Where it is wider than
    /// `columns`, the runs stand in several blocks below each other. Runs of one experiment go by their ids.
    pub fn text(&self, emphasis: Emphasis, columns: Option<usize>) -> String {
        let mut rows = vec![Row::plain("", self.names())];
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
        let layout = Layout::of(&rows);
        let blocks = layout.blocks(columns.unwrap_or(usize::MAX)).into_iter();
        blocks.map(|block| layout.text(&rows, &block, emphasis)).collect::<Vec<_>>().join("\n")
    }

    fn names(&self) -> Vec<String> {
        let parts: Vec<(&str, &str)> = self.runs.iter().map(|run| run.split_once('/').unwrap_or(("", run))).collect();
        let alike = parts.windows(2).all(|pair| pair[0].0 == pair[1].0);
        let shown = |((_, id), run): (&(&str, &str), &String)| if alike { (*id).to_owned() } else { run.clone() };
        parts.iter().zip(&self.runs).map(shown).collect()
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

/// The widths of a table's head and of its columns.
struct Layout {
    head: usize,
    widths: Vec<usize>,
}

/// Between columns.
const GAP: usize = 2;
/// What follows a cell: a star, or a blank.
const MARK: usize = 1;

impl Layout {
    fn of(rows: &[Row]) -> Self {
        let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let cells = |at: usize| rows.iter().filter_map(move |row| row.cells.get(at));
        let width = |at: usize| cells(at).map(|(cell, _)| cell.width()).max().unwrap_or(0);
        let head = rows.iter().map(|row| row.head.width()).max().unwrap_or(0);
        Self { head, widths: (0..columns).map(width).collect() }
    }

    /// Columns that stand beside each other in so much room: one at least.
    fn blocks(&self, room: usize) -> Vec<Vec<usize>> {
        let mut blocks = vec![Vec::new()];
        let mut used = self.head;
        for (at, width) in self.widths.iter().enumerate() {
            let block = blocks.last_mut().expect("there is one from the start");
            used += GAP + width + MARK;
            if used > room && !block.is_empty() {
                used = self.head + GAP + width + MARK;
                blocks.push(vec![at]);
            } else {
                block.push(at);
            }
        }
        blocks
    }

    /// Heads to the left, cells to the right of their columns; a marked cell is followed by a star.
    fn text(&self, rows: &[Row], block: &[usize], emphasis: Emphasis) -> String {
        let mut text = String::new();
        for row in rows {
            let mut line = padded_right(&row.head, self.head);
            for at in block.iter().copied().filter(|at| *at < row.cells.len()) {
                let (cell, marked) = &row.cells[at];
                line += &" ".repeat(GAP + self.widths[at].saturating_sub(cell.width()));
                line += &marked_cell(cell, *marked, emphasis);
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
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
