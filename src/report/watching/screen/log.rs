//! What is wrong with an experiment, and what happened to it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::row::Row;
use super::state::Screen;
use super::theme::Theme;

/// Draws the problems, if there are any, or else the last lines of the log; scrolled as the screen says.
pub(super) fn draw(row: &Row, screen: &Screen, frame: &mut Frame<'_>, area: Rect) {
    let theme = screen.theme;
    let lines: Vec<Line<'_>> = match &row.problems {
        Some(problems) => problems.lines().map(|line| Line::styled(line, style_of_problem(line, theme))).collect(),
        None => row.log.iter().map(|line| Line::styled(line.as_str(), style_of(line, theme))).collect(),
    };
    let room = usize::from(area.height);
    let most = lines.len().saturating_sub(room);
    // Problems are read from the start, a log from its end.
    let start = if row.problems.is_some() { screen.scrolled.min(most) } else { most.saturating_sub(screen.scrolled) };
    let shown: Vec<Line<'_>> = lines.into_iter().skip(start).take(room).collect();
    frame.render_widget(Paragraph::new(shown), area);
}

fn style_of(line: &str, theme: Theme) -> Style {
    match line {
        line if line.starts_with("error") => theme.problem(),
        line if line.starts_with("warning") => theme.notice(),
        line if line.contains(" -> ") && !line.contains(':') => theme.bold(),
        _ => Style::new(),
    }
}

fn style_of_problem(line: &str, theme: Theme) -> Style {
    match line.trim_start_matches(|letter: char| letter.is_ascii_digit() || " |".contains(letter)) {
        text if text.starts_with("error") || text.starts_with('^') => theme.problem(),
        text if text.starts_with("-->") || text.is_empty() => theme.dim(),
        _ => Style::new(),
    }
}
