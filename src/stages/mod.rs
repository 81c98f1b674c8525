//! The stages of the recipe: bottleneck, top, fine-tune.
//!
//! [`prepare`] looks at the world once (images, weights) and pins it down by content. [`run()`] is the only place where the cache meets work.
//!
//! Invariants:
//! - Stages translate between `spec`, `data`, `net`, `train` and `cache`, which do not know one another.
//! - What enters a stage's key is listed once, in `keys`; the digest and the explanation are made from that list.
//! - Nothing here prints, or knows who listens: everything that happens is an [`Event`](crate::event::Event).

mod activations;
mod checkpoint;
mod convert;
mod device;
mod error;
mod estimate;
mod evaluate;
mod examples;
mod export;
mod features;
mod fine_tune;
mod finish;
mod init;
mod keys;
mod last_good;
mod ledger;
mod lookout;
mod model_file;
mod needs;
mod plan;
mod precision;
mod prepare;
mod reasons;
mod run;
mod samples;
mod share;
mod stream;
mod top;
mod trained;
mod training;
mod work;

pub use error::StageError;
pub use evaluate::{Examined, Labelled, evaluate};
pub use examples::{Example, Wanted, examples};
pub use export::{ExportFormat, export, export_warning};
pub use features::write_features;
pub use init::{InitError, InitProblem, InitialTop};
pub use lookout::Lookout;
pub use model_file::{ModelFileError, ModelFileProblem};
pub use needs::needed_keys;
pub use plan::{Plan, Question, StagePlan, Standing, plan, plan_after};
pub use prepare::{Prepared, Preparer, prepare};
pub use reasons::History;
pub use run::{CACHE_FOLDER, Outcome, Request, identity, run, run_as};
pub use share::{Part, Shares, warm};
pub use stream::{Files, Listed};
pub use trained::{Seen, TrainedRun};
