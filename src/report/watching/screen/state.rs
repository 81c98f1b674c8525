//! The screen's state: events and keys in, wishes out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keys::{Action, Key};
use super::point::Point;
use super::row::{Row, State};
use super::theme::Theme;
use crate::report::watching::text::sentence;
use crate::runs::MetricsRow;
use crate::watch::{WatchEvent, Wish};

/// What is shown of the selected experiment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shown {
    /// Curves and log.
    #[default]
    Both,
    /// Curves alone.
    Curves,
    /// The log alone.
    Log,
}

/// All that the screen shows.
#[derive(Debug)]
pub struct Screen {
    pub(super) theme: Theme,
    pub(super) folder: PathBuf,
    pub(super) rows: BTreeMap<PathBuf, Row>,
    pub(super) queue: Vec<PathBuf>,
    pub(super) selected: Option<PathBuf>,
    pub(super) follows: bool,
    pub(super) shown: Shown,
    pub(super) helps: bool,
    /// Lines that the log is scrolled up by.
    pub(super) scrolled: usize,
    /// How changes are noticed, where it is not by events.
    pub(super) polling: Option<f64>,
    pub(super) notice: Option<String>,
    quitting: bool,
    /// Rows of experiments that fit; as of the last drawing.
    pub(super) page: usize,
    /// The first row that is shown; as of the last drawing.
    pub(super) top: usize,
}

impl Screen {
    /// The screen of a folder of which nothing is known.
    pub fn new(folder: &Path, theme: Theme) -> Self {
        Self {
            theme,
            folder: folder.to_owned(),
            rows: BTreeMap::new(),
            queue: Vec::new(),
            selected: None,
            follows: true,
            shown: Shown::Both,
            helps: false,
            scrolled: 0,
            polling: None,
            notice: None,
            quitting: false,
            page: 1,
            top: 0,
        }
    }

    /// Takes note of an event, at a time of a monotonic clock.
    pub fn apply(&mut self, event: &WatchEvent, now: Duration) {
        match event {
            WatchEvent::Watching { polling, .. } => self.polling = *polling,
            WatchEvent::Queued { queue, .. } | WatchEvent::Queue { waiting: queue } => self.queue = queue.clone(),
            WatchEvent::Polling { .. } | WatchEvent::Lost { .. } | WatchEvent::Back { .. } => {
                self.notice = sentence(event, &self.folder);
            }
            _ => {}
        }
        let Some(file) = event.experiment() else { return };
        match event {
            WatchEvent::Found { .. } | WatchEvent::Changed { .. } | WatchEvent::Broken { .. } => {
                self.rows.entry(file.to_owned()).or_insert_with(|| Row::new(file, &self.folder));
            }
            WatchEvent::Removed { .. } => self.remove(file),
            WatchEvent::Withdrawn { .. } | WatchEvent::Started { .. } => self.queue.retain(|waiting| waiting != file),
            _ => {}
        }
        if let Some(row) = self.rows.get_mut(file) {
            row.apply(event, &self.folder, now);
            let begins = matches!(event, WatchEvent::Started { .. });
            if self.selected.is_none() || begins && self.follows {
                self.select(file.to_owned());
            }
        }
    }

    fn remove(&mut self, file: &Path) {
        self.queue.retain(|waiting| waiting != file);
        if self.selected.as_deref() == Some(file) {
            let after = self.rows.keys().find(|other| other.as_path() > file);
            let before = self.rows.keys().rfind(|other| other.as_path() < file);
            self.selected = after.or(before).cloned();
        }
        self.rows.remove(file);
    }

    fn select(&mut self, file: PathBuf) {
        if self.selected.as_ref() != Some(&file) {
            self.scrolled = 0;
        }
        self.selected = Some(file);
    }

    /// How an experiment stands, the queue included.
    pub(super) fn state_of(&self, row: &Row) -> State {
        match row.state() {
            State::Running => State::Running,
            _ if self.queue.contains(&row.file) => State::Queued,
            state => state,
        }
    }

    /// The selected experiment.
    pub(super) fn current(&self) -> Option<&Row> {
        self.rows.get(self.selected.as_ref()?)
    }

    /// The place of the selected experiment among all.
    pub(super) fn place(&self) -> usize {
        self.rows.keys().position(|file| Some(file) == self.selected.as_ref()).unwrap_or(0)
    }

    /// Whether something runs, so that times on the screen go on.
    pub fn is_busy(&self) -> bool {
        self.rows.values().any(|row| row.state() == State::Running)
    }

    /// Says something at the foot of the screen, until the next key.
    pub fn tell(&mut self, notice: String) {
        self.notice = Some(notice);
    }

    /// Notes that the session has been asked to end.
    pub fn quit(&mut self) {
        self.quitting = true;
        self.notice = Some("stopping after this batch; q once more leaves at once".to_owned());
    }

    /// Does what a key says, and gives what others are to do.
    pub fn key(&mut self, key: Key) -> Option<Action> {
        self.notice = None;
        if self.helps && key != Key::Interrupt {
            self.helps = false;
            return None;
        }
        match key {
            Key::Up | Key::Char('k') => self.move_by(-1),
            Key::Down | Key::Char('j') => self.move_by(1),
            Key::PageUp => self.move_by(-(self.page as isize)),
            Key::PageDown => self.move_by(self.page as isize),
            Key::Home | Key::Char('g') => self.move_by(isize::MIN / 2),
            Key::End | Key::Char('G') => self.move_by(isize::MAX / 2),
            Key::Tab => self.shown = self.shown.next(),
            Key::Char('[') => self.scrolled += 1,
            Key::Char(']') => self.scrolled = self.scrolled.saturating_sub(1),
            Key::Char('f') => self.follow(),
            Key::Char('?' | 'h') => self.helps = true,
            Key::Escape => (self.shown, self.scrolled) = (Shown::Both, 0),
            Key::Char('q') | Key::Interrupt if self.quitting => return Some(Action::Leave),
            Key::Char('q') | Key::Interrupt => return Some(Action::Quit),
            Key::Char('r' | 'R' | 's' | 'o') => return self.ask(key),
            Key::Char(_) => {}
        }
        None
    }

    /// What a key asks for the selected experiment.
    fn ask(&mut self, key: Key) -> Option<Action> {
        let row = self.current()?;
        let file = row.file.clone();
        let action = match key {
            Key::Char('o') => row.run.clone().map(Action::Open),
            Key::Char('s') => {
                matches!(self.state_of(row), State::Running | State::Queued).then_some(Action::Wish(Wish::Stop(file)))
            }
            Key::Char('R') => Some(Action::Wish(Wish::Afresh(file))),
            _ => Some(Action::Wish(Wish::Rerun(file))),
        };
        if action.is_none() {
            let what = if key == Key::Char('o') { "has no run yet" } else { "neither runs nor waits" };
            self.notice = Some(format!("{} {what}", row.name));
        }
        action
    }

    fn move_by(&mut self, by: isize) {
        self.follows = false;
        let last = self.rows.len().saturating_sub(1);
        let place = self.place().saturating_add_signed(by).min(last);
        if let Some(file) = self.rows.keys().nth(place).cloned() {
            self.select(file);
        }
    }

    fn follow(&mut self) {
        self.follows = true;
        let running = self.rows.values().find(|row| row.state() == State::Running);
        if let Some(file) = running.map(|row| row.file.clone()) {
            self.select(file);
        }
    }

    /// Experiments on the screen whose run directories know epochs that no event told of.
    pub(super) fn behind(&mut self) -> Vec<(PathBuf, PathBuf)> {
        let (place, shown) = (self.place(), self.top..self.top + self.page);
        let rows = self.rows.values_mut().enumerate().filter(|(at, _)| shown.contains(at) || *at == place);
        let behind = rows.filter_map(|(_, row)| std::mem::take(&mut row.is_behind).then_some(row));
        behind.filter_map(|row| Some((row.file.clone(), row.run.clone()?))).collect()
    }

    /// Takes in what a run's `metrics.csv` says.
    pub fn learn(&mut self, file: &Path, rows: &[MetricsRow]) {
        if let Some(row) = self.rows.get_mut(file) {
            row.learn(rows.iter().filter_map(Point::read));
        }
    }

    /// What ran while the screen was there, a line each, for whoever reads on below it.
    pub fn farewell(&self) -> String {
        let ran = self.rows.values().filter(|row| row.has_run);
        let line = |row: &Row| {
            let accuracy = row.last().map(|last| format!(", val_accuracy {last:.4}")).unwrap_or_default();
            let best = row.best().map(|best| format!(" (best {best:.4})")).unwrap_or_default();
            let run = row.run.iter().map(|run| format!(", {}", run.display())).collect::<String>();
            format!("{}: {}{accuracy}{best}{run}\n", row.name, row.state().word())
        };
        ran.map(line).collect()
    }
}

impl Shown {
    fn next(self) -> Self {
        match self {
            Self::Both => Self::Curves,
            Self::Curves => Self::Log,
            Self::Log => Self::Both,
        }
    }
}
