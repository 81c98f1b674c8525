//! Why a sweep could not be done.

use std::path::PathBuf;

use super::slurm::SlurmError;
use crate::files::{FileError, LockError};
use crate::runs::RunError;
use crate::spec::Problems;
use crate::stages::StageError;

/// A point that makes no valid experiment.
#[derive(Debug, thiserror::Error)]
#[error("the point {point} is no valid experiment")]
pub struct InvalidPoint {
    /// Its settings.
    pub point: String,
    /// What is wrong with it.
    #[source]
    pub problems: Box<Problems>,
}

/// A sweep could not be planned, frozen or carried out.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The experiment has no `[sweep]`.
    #[error("`{}` has no `[sweep]`, so there is nothing to vary", file.display())]
    NoSweep {
        /// The experiment file.
        file: PathBuf,
    },
    /// Some points make no valid experiments; none has been started.
    #[error("{} of the sweep's points are no valid experiments", invalid.len())]
    Invalid {
        /// All of them.
        invalid: Vec<InvalidPoint>,
    },
    /// Every point is excluded.
    #[error("the sweep has no points: every one of them is excluded")]
    Empty,
    /// A frozen point is no longer what it was.
    #[error("the point `{}` cannot be loaded", path.display())]
    Frozen {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        problems: Box<Problems>,
    },
    /// The images or weights are not those for which the sweep was frozen.
    #[error("the images or weights of the point {task} have changed since the sweep was frozen")]
    Changed {
        /// The point and its seed.
        task: String,
    },
    /// A file of the sweep makes no sense.
    #[error("`{}` is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such sweep, or no such point in it.
    #[error("there is no {wanted}")]
    NotFound {
        /// What was asked for.
        wanted: String,
    },
    /// Threads to compute with could not be started.
    #[error("threads to compute with could not be started")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A stop was requested.
    #[error("stopped on request")]
    Stopped,
    /// Images or weights are unusable, or a stage could not do its work.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The runs are unusable.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The disk said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// A lock could not be had.
    #[error(transparent)]
    Lock(LockError),
    /// The cluster could not be used.
    #[error(transparent)]
    Slurm(#[from] SlurmError),
}

impl From<LockError> for SweepError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Stopped => Self::Stopped,
            other @ (LockError::Unsupported { .. } | LockError::File(_)) => Self::Lock(other),
        }
    }
}

impl SweepError {
    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoSweep { .. } => Some(
                "add `[sweep.space]` with the keys that vary, as in `\"top.dropout\" = [0.3, 0.5, 0.7]`".to_owned(),
            ),
            Self::Empty => Some("remove an exclusion, or widen the space".to_owned()),
            Self::Changed { .. } | Self::Damaged { .. } => {
                Some("`frostline sweep` on the experiment file freezes it anew".to_owned())
            }
            Self::Stage(error) => error.hint(),
            Self::Run(error) => error.hint(),
            Self::File(error) => error.hint(),
            Self::Lock(error) => error.hint(),
            Self::Slurm(error) => error.hint(),
            Self::Invalid { .. } | Self::Frozen { .. } | Self::NotFound { .. } | Self::Threads(_) | Self::Stopped => {
                None
            }
        }
    }
}
