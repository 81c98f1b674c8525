//! Keys, and what they lead to.

use std::path::PathBuf;

use crate::watch::Wish;

/// A key, as far as the screen knows keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The experiment above.
    Up,
    /// The experiment below.
    Down,
    /// A screenful up.
    PageUp,
    /// A screenful down.
    PageDown,
    /// The first experiment.
    Home,
    /// The last experiment.
    End,
    /// The next view of the selected experiment.
    Tab,
    /// Back.
    Escape,
    /// Ctrl-C.
    Interrupt,
    /// A letter or sign.
    Char(char),
}

/// What a key asks of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Something of the session.
    Wish(Wish),
    /// To show the report in this run directory.
    Open(PathBuf),
    /// To stop after this batch and leave.
    Quit,
    /// To leave at once.
    Leave,
}

/// The help: keys and what they do.
pub(super) const HELP: [(&str, &str); 12] = [
    ("↑ ↓  k j", "select an experiment"),
    ("PgUp PgDn", "a screenful up or down"),
    ("Home End", "the first, the last"),
    ("f", "follow: select what is running"),
    ("Tab", "curves, log, or both"),
    ("r", "run again, as far as it is not done"),
    ("R", "train again from the start; features stay"),
    ("s", "stop after this batch, or leave the queue"),
    ("o", "open the report of the run"),
    ("[ ]", "scroll the log"),
    ("? h", "this help"),
    ("q", "stop after this batch and leave; twice: at once"),
];
