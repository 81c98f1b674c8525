//! Why a public file could not be fetched, and what to do by hand instead.

use std::io;
use std::path::PathBuf;

use super::known::KnownFile;
use crate::files::{FileError, LockError};

/// A public file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[error("cannot fetch `{}` from {url}", file.name)]
pub struct FetchError {
    /// The file.
    pub file: Box<KnownFile>,
    /// Where it was to come from.
    pub url: String,
    /// Where it was to be put.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub problem: FetchProblem,
}

/// Why a public file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchProblem {
    /// The server cannot be reached, or breaks the rules of HTTP.
    #[error("there is no way to the server")]
    Unreachable(#[source] Box<ureq::Error>),
    /// The server does not give the file.
    #[error("the server answers {status}, expected 200 or 206")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The transfer ended too early, again and again.
    #[error("the transfer was cut off after {got} of {} bytes", total.map_or("unknown".to_owned(), |it| it.to_string()))]
    CutOff {
        /// Bytes that have come.
        got: u64,
        /// Bytes that the server has.
        total: Option<u64>,
        /// What the connection said.
        source: io::Error,
    },
    /// What has come is not the file.
    #[error("what came is not the file: it has the {found}, expected {expected}")]
    Corrupted {
        /// Its digest.
        found: String,
        /// The file's.
        expected: String,
    },
    /// Another file lies in its place.
    #[error("another file lies in its place: it has the {found}, expected {expected}")]
    Another {
        /// Its digest.
        found: String,
        /// The file's.
        expected: String,
    },
    /// The bytes have the right digest, and the values are not those of the training.
    #[error("its SHA-256 is right, and its values are not those of `{expected}`")]
    Values {
        /// The training.
        expected: &'static str,
    },
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// The disk said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody can be kept from fetching the same.
    #[error(transparent)]
    Lock(LockError),
    /// A stop was requested; what has come is kept.
    #[error("stopped on request; what has come is kept, and the next fetch goes on from there")]
    Stopped,
}

impl FetchError {
    /// What is likely to help.
    pub fn hint(&self) -> Option<String> {
        let Self { file, path, problem, .. } = self;
        let by_hand = format!(
            "download {} by hand, put it at `{}` and run `frostline weights fetch {}` again: it checks the {}",
            file.url,
            path.display(),
            file.name,
            file.pin.shown()
        );
        match problem {
            FetchProblem::Unreachable(_) | FetchProblem::Status { .. } => Some(by_hand),
            FetchProblem::CutOff { .. } => Some(format!("run it again: it goes on where it was cut off; or {by_hand}")),
            FetchProblem::Corrupted { .. } => Some(format!("it was removed; run it again, or {by_hand}")),
            FetchProblem::Another { .. } | FetchProblem::Values { .. } => {
                Some(format!("move `{}` away and run it again", path.display()))
            }
            FetchProblem::File(error) => error.hint(),
            FetchProblem::Lock(error) => error.hint(),
            FetchProblem::Io(_) | FetchProblem::Stopped => None,
        }
    }
}
