//! Why a stage could not do its work.

use super::device;
use super::init::InitError;
use super::model_file::{ModelFileError, ModelFileProblem};
use crate::cache::CacheError;
use crate::data::{DataError, LoadError};
use crate::event::Stage;
use crate::files::FileError;
use crate::net::{CudaProblem, NetError};
use crate::runs::RunError;
use crate::train::{Diverged, FitError, ModelError, SourceError};
use crate::weights::ReadError;

/// A run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The experiment asks for a GPU that is not there.
    #[error("`device = \"{device}\"` cannot be had")]
    NoCuda {
        /// The device as the experiment names it.
        device: String,
        /// Why.
        #[source]
        source: CudaProblem,
    },
    /// The earlier run that the top is to go on from is unusable.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The device's memory is too small for a batch of training.
    #[error("the memory of the device does not hold a batch of {batch} images in the {stage} stage")]
    OutOfMemory {
        /// The stage.
        stage: Stage,
        /// The batch that was tried.
        batch: usize,
        /// A smaller one that fits, as was tried.
        fits: Option<usize>,
    },
    /// The image folders are unusable.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The weights are unusable.
    #[error(transparent)]
    Weights(#[from] ReadError),
    /// An image is unusable, or is no longer what it was when the run began.
    #[error("the {stage} stage cannot use an image")]
    Image {
        /// The stage that reads it.
        stage: Stage,
        /// Which, and why.
        #[source]
        source: LoadError,
    },
    /// The network does not fit the images.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The model cannot be built.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A run's network is unusable.
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    /// Training failed.
    #[error("the {stage} stage failed")]
    Training {
        /// The stage.
        stage: Stage,
        /// Why.
        #[source]
        source: Box<FitError>,
    },
    /// Training diverged.
    #[error("the {stage} stage diverged in epoch {}, batch {}: the loss is {}", source.epoch, source.batch, source.loss)]
    Diverged {
        /// The stage.
        stage: Stage,
        /// Where.
        #[source]
        source: Diverged,
    },
    /// The cache is unusable.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The run directory is unusable.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The disk said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// A cached record turned out damaged while it was in use.
    #[error("a cached activation of the {stage} stage was damaged while the run was reading it")]
    DamagedWhileReading {
        /// The stage.
        stage: Stage,
    },
    /// A training state could not be stored; the cache's own error says why.
    #[error("a state of the {stage} stage could not be stored")]
    NotStored {
        /// The stage.
        stage: Stage,
    },
    /// A stop was requested; everything done is stored.
    #[error("stopped on request during the {stage} stage")]
    Interrupted {
        /// The stage.
        stage: Stage,
    },
}

impl StageError {
    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Init(error) => error.hint(),
            Self::NoCuda { source, .. } => Some(device::hint(source).to_owned()),
            Self::OutOfMemory { stage, fits: Some(fits), .. } => Some(format!("`{stage}.batch_size = {fits}` fits")),
            Self::OutOfMemory { fits: None, .. } => Some(device::ONE_IMAGE.to_owned()),
            Self::Net(error) | Self::Model(ModelError::Net(error)) => device::hint_of_net(error).map(str::to_owned),
            Self::Cache(error) => error.hint(),
            Self::File(error) => error.hint(),
            Self::Run(error) => error.hint(),
            Self::Diverged { stage, source } => Some(format!(
                "lower `{}.optimizer.lr` (it was {} in this batch); the last good epoch is kept, and the same experiment, \
                 run again, diverges again",
                stage.name(),
                source.learning_rate
            )),
            Self::Image { source, .. } => source.hint().map(str::to_owned),
            Self::DamagedWhileReading { .. } => Some("run again: what is damaged is computed anew".to_owned()),
            Self::Weights(error) => error.problem.hint().map(str::to_owned),
            Self::ModelFile(error) => match &error.problem {
                ModelFileProblem::Missing => {
                    Some("`frostline run` on the run's `spec.toml` goes on with it".to_owned())
                }
                ModelFileProblem::OtherWeights { .. } => {
                    Some("put the weights back that the run was made with, or run the experiment again".to_owned())
                }
                ModelFileProblem::Io(_)
                | ModelFileProblem::Format(_)
                | ModelFileProblem::Dtype { .. }
                | ModelFileProblem::Metadata(_)
                | ModelFileProblem::Model(_) => None,
            },
            Self::Data(_)
            | Self::Model(ModelError::Parameters(_))
            | Self::Training { .. }
            | Self::NotStored { .. }
            | Self::Interrupted { .. } => None,
        }
    }

    /// The same error, as what it means to a run: a wait that was stopped is an interruption.
    pub(super) fn during(self, stage: Stage) -> Self {
        match self {
            Self::Cache(error) if error.is_stopped() => Self::Interrupted { stage },
            other => other,
        }
    }

    /// What `train` reports of a stage. Errors of the stage's own data source come back as they were.
    pub(super) fn from_fit(stage: Stage, error: FitError) -> Self {
        match error {
            FitError::Diverged(source) => Self::Diverged { stage, source },
            FitError::OutOfMemory { batch, fits } => Self::OutOfMemory { stage, batch, fits },
            FitError::Source(source) | FitError::Observer(source) => Self::from_source(stage, source),
            other => Self::Training { stage, source: Box::new(other) },
        }
    }

    fn from_source(stage: Stage, source: SourceError) -> Self {
        match source.downcast::<Self>() {
            Ok(own) => *own,
            Err(foreign) => Self::Training { stage, source: Box::new(FitError::Source(foreign)) },
        }
    }
}
