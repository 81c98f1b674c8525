//! What can be wrong with runs, and with what people call them.

use std::path::PathBuf;

use crate::files::{FileError, LockError};

/// A run could not be found, made or read.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The disk said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// A lock could not be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Nothing is called that.
    #[error("no run is called `{wanted}`")]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// Several runs are called that.
    #[error("`{wanted}` may be any of {}", candidates.join(", "))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The runs that are called that.
        candidates: Vec<String>,
    },
    /// No finished run of that name has a validation accuracy.
    #[error("no finished run of `{name}` has a validation accuracy, so none is the best")]
    NoBest {
        /// The experiment's name.
        name: String,
    },
    /// A file of a run makes no sense.
    #[error("`{}` is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A name that would lead elsewhere than to a folder of its own.
    #[error(
        "`{0}` cannot be the name of an experiment, expected `a-z`, `0-9`, `_`, `-` and `.`, the last not at the start"
    )]
    Name(String),
}

impl RunError {
    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Lock(error) => error.hint(),
            Self::NotFound { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Self::NotFound { near: None, .. } => Some("`frostline ls` lists all runs".to_owned()),
            Self::Ambiguous { candidates, .. } => candidates.first().map(|first| format!("say for example `{first}`")),
            Self::NoBest { name } => Some(format!("`{name}@latest` is the latest run, finished or not")),
            Self::Damaged { .. } | Self::Name(_) => None,
        }
    }
}
