//! The state on a frame of any size.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph};

use super::keys::HELP;
use super::marks::fitted;
use super::row::{Row, State};
use super::state::{Screen, Shown};
use super::{curves, log, table};

/// From this width on, curves and log lie beside each other.
const BESIDE: u16 = 100;
/// Curves need so many lines.
const CURVES: u16 = 6;
/// Less than this is no screen.
const SMALLEST: (u16, u16) = (20, 4);

impl Screen {
    /// Draws everything, at a time of the clock that events were told by.
    pub fn draw(&mut self, frame: &mut Frame<'_>, now: Duration) {
        let area = frame.area();
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            return frame.render_widget(Paragraph::new("frostline: too small"), area);
        }
        let notice = u16::from(self.notice.is_some());
        let rows = self.rows_shown(area.height);
        let parts = [1, rows + 1, u16::MAX, notice, 1].map(|height| match height {
            u16::MAX => Constraint::Min(0),
            height => Constraint::Length(height),
        });
        let [head, list, detail, told, foot] = Layout::vertical(parts).areas(area);
        frame.render_widget(self.head(head.width), head);
        table::draw(self, frame, list, now);
        if detail.height >= 2 {
            self.detail(frame, detail);
        }
        let text = self.notice.clone().unwrap_or_default();
        frame.render_widget(Paragraph::new(text).style(self.theme.notice()), told);
        frame.render_widget(self.foot(foot.width), foot);
        if self.helps {
            self.help(frame, area);
        }
    }

    /// Experiments get what they need, but not more than two fifths of the height while there is something to tell of one.
    fn rows_shown(&self, height: u16) -> u16 {
        let room = height.saturating_sub(3);
        let most = if room < 8 { room } else { (room * 2 / 5).max(4) };
        (self.rows.len() as u16).clamp(1, most.max(1))
    }

    fn head(&self, width: u16) -> Paragraph<'static> {
        let count = |state| self.rows.values().filter(|row| self.state_of(row) == state).count();
        let states = [State::Running, State::Queued, State::Done, State::Stopped, State::Failed, State::Broken];
        let mut spans = vec![Span::styled("frostline", self.theme.bold())];
        if width >= 70 {
            let folder = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            spans.push(format!("  {folder}/").into());
        }
        for (state, count) in states.map(|state| (state, count(state))).into_iter().filter(|(_, count)| *count > 0) {
            spans.push("  ".into());
            spans.push(Span::styled(format!("{count} {}", state.word()), self.theme.state(state)));
        }
        if self.rows.is_empty() {
            spans.push("  no experiments yet".into());
        }
        if let Some(seconds) = self.polling.filter(|_| width >= 60) {
            spans.push(Span::styled(format!("  polling every {seconds} s"), self.theme.dim()));
        }
        Paragraph::new(Line::from(spans))
    }

    /// The keys that fit, the most needed first.
    fn foot(&self, width: u16) -> Paragraph<'static> {
        let keys = [
            ("q", "quit"),
            ("?", "help"),
            ("r", "rerun"),
            ("s", "stop"),
            ("o", "open report"),
            ("Tab", "view"),
            ("↑↓", "select"),
        ];
        let mut left = usize::from(width);
        let mut spans = Vec::new();
        for (key, what) in keys {
            let what = format!(" {what}   ");
            let needed = key.chars().count() + what.chars().count();
            let Some(rest) = (left + 3).checked_sub(needed).map(|rest| rest.saturating_sub(3)) else { break };
            left = rest;
            spans.push(Span::styled(key, self.theme.bold()));
            spans.push(what.into());
        }
        Paragraph::new(Line::from(spans))
    }

    /// What there is to know of the selected experiment.
    fn detail(&self, frame: &mut Frame<'_>, area: Rect) {
        let Some(row) = self.current() else {
            let text = "an experiment is a .toml file in this folder, or below; `frostline new NAME` writes one";
            return frame.render_widget(Paragraph::new(text).style(self.theme.dim()), area);
        };
        let name = Span::styled(format!(" {} ", row.name), self.theme.bold());
        let room = usize::from(area.width).saturating_sub(row.name.chars().count() + 6);
        let why = if row.why.is_empty() { String::new() } else { format!("{} ", fitted(&row.why, room)) };
        let title = Line::from(vec![name, Span::styled(why, self.theme.dim())]);
        let block = Block::new().borders(Borders::TOP).border_style(self.theme.dim()).title(title);
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let [left, right] = self.panes(row, inner);
        if !left.is_empty() {
            curves::draw(row, self.theme, frame, left);
        }
        if !right.is_empty() {
            log::draw(row, self, frame, right);
        }
    }

    /// Where curves and log of an experiment go.
    fn panes(&self, row: &Row, area: Rect) -> [Rect; 2] {
        let nothing = Rect { width: 0, height: 0, ..area };
        let fits = area.height >= CURVES && !row.points.is_empty();
        match self.shown {
            Shown::Curves if !row.points.is_empty() => [area, nothing],
            Shown::Both if fits && area.width >= BESIDE => {
                let sides = Layout::horizontal([Constraint::Percentage(55), Constraint::Length(2), Constraint::Min(0)]);
                let [left, _, right] = sides.areas(area);
                [left, right]
            }
            Shown::Both if fits && area.height >= CURVES + 3 => {
                let curves = (area.height * 3 / 5).max(CURVES);
                Layout::vertical([Constraint::Length(curves), Constraint::Min(0)]).areas(area)
            }
            Shown::Both | Shown::Log | Shown::Curves => [nothing, area],
        }
    }

    fn help(&self, frame: &mut Frame<'_>, area: Rect) {
        let height = (HELP.len() as u16 + 2).min(area.height);
        let width = 62.min(area.width);
        let place = Rect { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height };
        let line = |(keys, what): (&'static str, &'static str)| {
            Line::from(vec![Span::styled(format!(" {keys:10}"), self.theme.bold()), format!(" {what}").into()])
        };
        frame.render_widget(Clear, place);
        let block = Block::bordered().title(" keys ");
        frame.render_widget(Paragraph::new(HELP.map(line).to_vec()).block(block), place);
    }
}
