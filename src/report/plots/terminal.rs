//! Curves in a terminal: braille dots, two by four in a character.

use super::geometry::{Curves, Panel};
use crate::report::{Objective, RunView};

/// Room for the curves, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Characters in a line, axis included; at least 40 are used.
    pub columns: usize,
    /// Lines for each of the two plots, axis excluded; at least 4 are used.
    pub rows: usize,
}

/// Whether lines may be told apart by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// ANSI colours: blue for training, yellow for validation.
    Ansi,
    /// No escape sequences: training is dotted.
    Plain,
}

/// The width of the axis of values with its rule.
const AXIS: usize = 8;

/// Accuracy above loss, training and validation in each; one line of text a row, each ended by a line feed.
pub fn terminal_curves(run: &RunView, size: TerminalSize, palette: Palette) -> String {
    let curves = Curves::of(run, Objective::DEFAULT);
    if curves.epochs == 0 {
        return "no epoch has been trained yet\n".to_owned();
    }
    let columns = size.columns.max(40) - AXIS;
    let plots = curves.panels.iter().map(|panel| plot(&curves, panel, columns, size.rows.max(4), palette));
    plots.collect::<Vec<_>>().concat() + &epoch_axis(&curves, columns)
}

fn plot(curves: &Curves, panel: &Panel, columns: usize, rows: usize, palette: Palette) -> String {
    let mut canvas = Canvas::new(columns, rows);
    curves.changes().for_each(|change| canvas.rule(curves.place(change)));
    canvas.trace(&panel.training.pieces, Ink::Training, if palette == Palette::Plain { 3 } else { 1 });
    canvas.trace(&panel.validation.pieces, Ink::Validation, 1);
    let labels: Vec<_> = panel.scale.ticks().collect();
    let mut text = heading(panel, palette);
    for row in 0..rows {
        let label = labels.iter().find(|(place, _)| row_of(*place, rows) == row).map_or("", |(_, label)| label);
        let rule = if label.is_empty() { '│' } else { '┤' };
        text += &format!("{label:>width$}{rule}{}\n", canvas.row(row, palette), width = AXIS - 1);
    }
    text
}

fn row_of(place: f64, rows: usize) -> usize {
    ((1.0 - place) * (rows - 1) as f64).round() as usize
}

fn heading(panel: &Panel, palette: Palette) -> String {
    let [training, validation] = [Ink::Training, Ink::Validation].map(|ink| ink.wrapped(ink.sample(palette), palette));
    format!("{:>width$} {}   {training} training  {validation} validation\n", "", panel.title, width = AXIS - 1)
}

fn epoch_axis(curves: &Curves, columns: usize) -> String {
    let mut line: Vec<char> = vec![' '; AXIS + columns];
    for epoch in curves.ticks() {
        let label = epoch.to_string();
        let middle = AXIS + (curves.place(epoch as f64) * (columns - 1) as f64) as usize;
        let start = middle.saturating_sub(label.len() / 2).min(line.len() - label.len());
        line[start..start + label.len()].iter_mut().zip(label.chars()).for_each(|(place, digit)| *place = digit);
    }
    let rule: String = std::iter::repeat_n('─', columns).collect();
    format!("{:>width$}└{rule}\n{} epoch\n", "", line.iter().collect::<String>().trim_end(), width = AXIS - 1)
}

/// What a character was last drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    None,
    Rule,
    Training,
    Validation,
}

impl Ink {
    fn sample(self, palette: Palette) -> &'static str {
        match (self, palette) {
            (Self::Training, Palette::Plain) => "⠂⠂⠂",
            _ => "⠒⠒⠒",
        }
    }

    fn wrapped(self, text: &str, palette: Palette) -> String {
        let code = match (palette, self) {
            (Palette::Plain, _) | (_, Self::None) => return text.to_owned(),
            (Palette::Ansi, Self::Rule) => 90,
            (Palette::Ansi, Self::Training) => 34,
            (Palette::Ansi, Self::Validation) => 33,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A grid of braille characters: bits of U+2800, two dots wide and four high.
struct Canvas {
    columns: usize,
    rows: usize,
    dots: Vec<u8>,
    inks: Vec<Ink>,
}

/// The bit of each dot, by row and column within the character (Unicode chapter 21.1).
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, dots: vec![0; columns * rows], inks: vec![Ink::None; columns * rows] }
    }

    fn width(&self) -> usize {
        self.columns * 2
    }

    fn height(&self) -> usize {
        self.rows * 4
    }

    fn dot(&mut self, x: usize, y: usize, ink: Ink) {
        let at = y / 4 * self.columns + x / 2;
        self.dots[at] |= BITS[y % 4][x % 2];
        self.inks[at] = ink;
    }

    /// A dotted upright line.
    fn rule(&mut self, place: f64) {
        let x = (place * (self.width() - 1) as f64) as usize;
        (0..self.height()).step_by(2).for_each(|y| self.dot(x, y, Ink::Rule));
    }

    /// Lines through points that are fractions of the canvas; of the dots, every `stride`-th is set.
    fn trace(&mut self, pieces: &[Vec<(f64, f64)>], ink: Ink, stride: usize) {
        let (right, bottom) = ((self.width() - 1) as f64, (self.height() - 1) as f64);
        for piece in pieces {
            let points: Vec<_> = piece.iter().map(|(x, y)| (x * right, (1.0 - y) * bottom)).collect();
            let last = points.len() - 1;
            (0..=last).for_each(|at| self.segment(points[at], points[(at + 1).min(last)], ink, stride));
        }
    }

    fn segment(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, stride: usize) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
        for step in 0..=steps as usize {
            let share = step as f64 / steps;
            let x = (from.0 + (to.0 - from.0) * share).round() as usize;
            let y = (from.1 + (to.1 - from.1) * share).round() as usize;
            if x.is_multiple_of(stride) {
                self.dot(x, y, ink);
            }
        }
    }

    fn row(&self, row: usize, palette: Palette) -> String {
        let start = row * self.columns;
        let mut text = String::new();
        let mut at = start;
        while at < start + self.columns {
            let end = (at..start + self.columns)
                .find(|next| self.inks[*next] != self.inks[at])
                .unwrap_or(start + self.columns);
            let cells: String = self.dots[at..end].iter().map(|dots| braille(*dots)).collect();
            text += &self.inks[at].wrapped(&cells, palette);
            at = end;
        }
        text.trim_end().to_owned()
    }
}

fn braille(dots: u8) -> char {
    if dots == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(dots)).expect("U+2800 to U+28FF are characters") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell, Epoch};

    fn run(epochs: usize) -> RunView {
        let row = |epoch: usize| {
            let share = epoch as f64 / epochs as f64;
            let cells = [0.5 + share / 2.0, 1.0 - share, 0.5 + share / 3.0, 1.0 - share / 2.0, 0.1];
            let stage = if epoch < epochs / 2 { "top" } else { "fine_tune" };
            Epoch { stage: stage.into(), epoch: epoch as u32, cells: cells.map(|value| Cell::new(value.to_string())) }
        };
        RunView { metrics: (0..epochs).map(row).collect(), ..RunView::default() }
    }

    #[test]
    fn no_line_is_wider_than_the_room_and_plain_text_has_no_escapes() {
        let size = TerminalSize { columns: 60, rows: 8 };
        let text = terminal_curves(&run(30), size, Palette::Plain);
        assert!(!text.contains('\x1b'));
        assert!(text.lines().all(|line| line.chars().count() <= 66), "{text}");
        assert!(text.contains("Accuracy") && text.contains("Loss") && text.contains('⠂'));
    }

    #[test]
    fn colour_is_there_when_it_is_asked_for() {
        let text = terminal_curves(&run(4), TerminalSize { columns: 60, rows: 8 }, Palette::Ansi);
        assert!(text.contains("\x1b[34m") && text.contains("\x1b[33m") && text.contains("\x1b[0m"));
    }

    #[test]
    fn a_run_without_epochs_says_so() {
        let text = terminal_curves(&RunView::default(), TerminalSize { columns: 0, rows: 0 }, Palette::Plain);
        assert_eq!(text, "no epoch has been trained yet\n");
    }

    #[test]
    fn one_epoch_is_one_dot_a_line() {
        let text = terminal_curves(&run(1), TerminalSize { columns: 40, rows: 4 }, Palette::Plain);
        assert!(text.chars().any(|letter| ('\u{2801}'..='\u{28ff}').contains(&letter)), "{text}");
    }
}
