//! From errors to text, hint and exit code.

use std::error::Error;

use super::exit::Exit;
use crate::cache::CacheError;
use crate::files::FileError;
use crate::net::NetError;
use crate::report::ReportError;
use crate::runs::RunError;
use crate::spec::{Class, Colour, Problems};
use crate::stages::StageError;
use crate::sweep::{SlurmError, SweepError};
use crate::train::ModelError;
use crate::weights::ReadError;

/// What is printed, and how the command ends.
#[derive(Debug)]
pub struct Failure {
    pub text: String,
    pub exit: Exit,
}

impl Failure {
    /// A failure with its causes and what may help.
    pub fn new(exit: Exit, error: &dyn Error, hint: Option<String>) -> Self {
        let mut text = format!("error: {error}\n");
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(&format!("  because: {cause}\n"));
            source = cause.source();
        }
        if let Some(hint) = hint {
            text.push_str(&format!("  hint: {hint}\n"));
        }
        Self { text, exit }
    }

    /// After a panic, of which the lines above tell where it was.
    pub fn bug() -> Self {
        let text = "error: frostline came upon a bug of its own\n  \
                    hint: please report it, with the lines above and the command; what was stored before is whole\n";
        Self { text: text.to_owned(), exit: Exit::Unexpected }
    }

    /// The problems of an experiment file.
    pub fn of_spec(problems: &Problems, colour: Colour) -> Self {
        let exit = match problems.class() {
            Class::Invalid => Exit::InvalidSpec,
            Class::Unusable => Exit::Unusable,
        };
        Self { text: problems.render(colour), exit }
    }
}

impl From<StageError> for Failure {
    fn from(error: StageError) -> Self {
        let exit = match &error {
            StageError::NoCuda { .. } => Exit::Usage,
            StageError::Data(_)
            | StageError::Weights(_)
            | StageError::Image { .. }
            | StageError::ModelFile(_)
            | StageError::Init(_) => Exit::Unusable,
            StageError::Net(error) | StageError::Model(ModelError::Net(error)) => exit_of_net(error),
            StageError::Model(ModelError::Parameters(_)) => Exit::InvalidSpec,
            StageError::Training { .. }
            | StageError::Diverged { .. }
            | StageError::OutOfMemory { .. }
            | StageError::DamagedWhileReading { .. }
            | StageError::NotStored { .. } => Exit::Failed,
            StageError::Cache(_) | StageError::Run(_) | StageError::File(_) => Exit::Unexpected,
            StageError::Interrupted { .. } => Exit::Interrupted,
        };
        Self::new(exit, &error, error.hint())
    }
}

/// Only what the experiment asks for is wrong with it; what a device does not do is a run that failed.
fn exit_of_net(error: &NetError) -> Exit {
    match error {
        NetError::TooSmall { .. } | NetError::TooLarge { .. } | NetError::Depths { .. } => Exit::InvalidSpec,
        NetError::Cuda(_) => Exit::Usage,
        NetError::OutOfMemory | NetError::Tensor(_) => Exit::Failed,
        NetError::Shape { .. } | NetError::Type { .. } | NetError::Width { .. } | NetError::Frozen { .. } => {
            Exit::Unexpected
        }
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Unexpected, &error, hint)
    }
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Self {
        let hint = error.hint();
        let exit = match error {
            SweepError::Stage(error) => return Self::from(error),
            SweepError::Run(error) => return Self::from(error),
            SweepError::NoSweep { .. } | SweepError::Invalid { .. } | SweepError::Empty => Exit::InvalidSpec,
            SweepError::Frozen { .. } | SweepError::Changed { .. } => Exit::Unusable,
            SweepError::NotFound { .. } | SweepError::Slurm(SlurmError::NoTime { .. }) => Exit::Usage,
            SweepError::Stopped => Exit::Interrupted,
            SweepError::Slurm(_)
            | SweepError::Damaged { .. }
            | SweepError::Threads(_)
            | SweepError::File(_)
            | SweepError::Lock(_) => Exit::Unexpected,
        };
        Self::new(exit, &error, hint)
    }
}

impl From<CacheError> for Failure {
    fn from(error: CacheError) -> Self {
        Self::new(Exit::Unexpected, &error, error.hint())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(Exit::Unusable, &error, error.problem.hint().map(str::to_owned))
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::new(Exit::Unexpected, &error, error.hint())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::NotFound { .. } | RunError::Ambiguous { .. } | RunError::NoBest { .. } | RunError::Name(_) => {
                Exit::Usage
            }
            RunError::File(_) | RunError::Lock(_) | RunError::Damaged { .. } => Exit::Unexpected,
        };
        Self::new(exit, &error, error.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_that_fails_is_a_run_that_failed_and_an_image_that_is_too_small_an_invalid_experiment() {
        let of = |error: NetError| Failure::from(StageError::from(error));
        let full = of(NetError::OutOfMemory);
        assert_eq!(full.exit, Exit::Failed);
        assert!(full.text.contains("hint: a single image is too much"), "{}", full.text);
        let broken = of(NetError::Tensor("CUDA_ERROR_ILLEGAL_ADDRESS".to_owned()));
        assert_eq!(broken.exit, Exit::Failed);
        assert!(
            broken.text.contains("ILLEGAL_ADDRESS") && broken.text.contains("hint: `nvidia-smi`"),
            "{}",
            broken.text
        );
        let small = of(NetError::TooSmall { height: 8, width: 8, depth: 13, least: 32 });
        assert_eq!(small.exit, Exit::InvalidSpec);
    }
}
