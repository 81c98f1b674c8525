//! Exit codes: a contract that scripts rely on.

use std::process::ExitCode;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Success = 0,
    /// A bug, or an unexpected failure.
    Unexpected = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The experiment file is invalid.
    InvalidSpec = 3,
    /// Data or weights are unusable.
    Unusable = 4,
    /// A run failed or diverged.
    Failed = 5,
    /// Part of a sweep failed.
    PartlyFailed = 6,
    /// Stopped on request; the state is saved.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
