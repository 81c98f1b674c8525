//! Colours and weights of the screen.

use ratatui::style::{Color, Modifier, Style};

use super::row::State;

/// Whether the screen is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// With the terminal's own sixteen colours.
    Coloured,
    /// By weight alone.
    Plain,
}

impl Theme {
    fn ink(self, colour: Color) -> Style {
        match self {
            Self::Coloured => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }

    /// What stands back.
    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What stands out.
    pub(super) fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected row.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn state(self, state: State) -> Style {
        match state {
            State::New | State::Queued => self.dim(),
            State::Running => self.ink(Color::Cyan).add_modifier(Modifier::BOLD),
            State::Done => self.ink(Color::Green),
            State::Stopped => self.ink(Color::Yellow),
            State::Failed | State::Broken => self.problem(),
        }
    }

    pub(super) fn problem(self) -> Style {
        self.ink(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn notice(self) -> Style {
        self.ink(Color::Yellow)
    }

    pub(super) fn bar(self) -> Style {
        self.ink(Color::Cyan)
    }

    pub(super) fn training(self) -> Style {
        self.ink(Color::Blue)
    }

    pub(super) fn validation(self) -> Style {
        self.ink(Color::Yellow)
    }
}
