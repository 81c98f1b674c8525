//! What can go wrong when a run is read to be shown, or its pictures are written.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

/// A file of a run directory that could not be read, understood or written.
#[derive(Debug)]
pub struct ReportError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: ReportProblem,
}

/// What is wrong with a file of a run directory.
#[derive(Debug, thiserror::Error)]
pub enum ReportProblem {
    /// The file cannot be read.
    #[error("cannot be read")]
    Read(#[source] std::io::Error),
    /// The file cannot be written.
    #[error("cannot be written")]
    Write(#[source] crate::files::FileError),
    /// The file is not the CSV that was expected.
    #[error("is not the table that was expected")]
    Csv(#[source] csv::Error),
    /// The file is not JSON.
    #[error("is not valid JSON")]
    Json(#[source] serde_json::Error),
    /// The file is not TOML.
    #[error("is not valid TOML")]
    Toml(#[source] Box<toml::de::Error>),
    /// A column is absent.
    #[error("lacks the column `{0}`")]
    Column(&'static str),
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.path.display(), self.problem)
    }
}

impl Error for ReportError {
    /// The problem is told with the file; its cause comes next.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

impl ReportError {
    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match &self.problem {
            ReportProblem::Write(error) => error.hint(),
            ReportProblem::Read(_)
            | ReportProblem::Csv(_)
            | ReportProblem::Json(_)
            | ReportProblem::Toml(_)
            | ReportProblem::Column(_) => None,
        }
    }
}
