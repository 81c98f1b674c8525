//! Training: models, settings, and the loop that fits one to the other.
//!
//! Knows nothing of files, keys or printing: samples come from a [`Samples`], progress goes to an [`Observer`], and all
//! that a resumption needs is one blob of bytes.
//!
//! Invariants:
//! - Whatever is drawn (initial weights, order, dropout masks) is a function of seed, epoch and place. A run that was
//!   stopped, in the middle of an epoch or after it, and resumed gives the same bits as one that was not.
//! - Sums over samples run in order, in f64.
//! - As in Keras: training loss and accuracy are means over the epoch while the weights move, with dropout on; losses
//!   include the penalties; validation follows each epoch, without dropout and without class weights.

mod class_weights;
mod early_stopping;
mod epoch;
mod error;
mod evaluate;
mod fine_tune_model;
mod fit;
mod import;
mod metrics;
mod model;
mod observer;
mod optimizer;
mod samples;
mod schedule;
mod settings;
mod state;
mod step;
mod top_model;

pub use class_weights::ClassWeights;
pub use early_stopping::{EarlyStopping, Monitor};
pub use error::{Diverged, FitError};
pub use evaluate::{Evaluation, Examination, evaluate, predict_all};
pub use fine_tune_model::{FineTuneModel, FineTuneSpec, fine_tune_model_on};
pub use fit::{Data, End, Outcome, fit};
pub use import::{ModelError, NamedTensor, Problem};
pub use metrics::EpochRow;
pub use model::{Batch, Model};
pub use observer::{Observer, Progress, Silent, Snapshot};
pub use optimizer::Optimizer;
pub use samples::{InMemory, Pass, Samples, SourceError, ThroughFrozen};
pub use schedule::{Place, Schedule};
pub use settings::{Penalty, Settings};
pub use state::StateError;
pub use top_model::{TopModel, top_model_on};

pub use crate::net::{Activation, Targets, TopShape};
