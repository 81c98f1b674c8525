//! Run directories: what was run, how it stands, what came out.
//!
//! ```text
//! runs/<name>/
//!   .lock                       held while a number is given or a run is found
//!   .reserved                   the highest number that is set aside for runs to come
//!   <NNNN>-<8 hex>/             one run: its number, and the start of its resolved spec's digest
//!     .lock                     held by the process that works on the run
//!     spec.toml status.json metrics.csv summary.json predictions.csv log.txt ...
//! ```
//!
//! Invariants. A directory appears with its state and its spec in it; every file is whole or absent. One process at a time works on
//! a run. A run is `running` only while the process that says so is really there, and holds the lock of the run.
//!
//! This module knows no stage and no cache: keys are texts here.

mod active;
mod claim;
mod directory;
mod error;
mod identity;
mod metrics;
mod place;
mod predictions;
mod process;
mod pulse;
mod reference;
mod root;
mod rows;
mod status;
mod summary;
pub mod table;

pub use active::ActiveRun;
pub use claim::{Again, Claim, Order};
pub use directory::RunDir;
pub use error::RunError;
pub use identity::{Identity, RunId};
pub use metrics::{MetricsRow, metrics_csv};
pub use place::{commit, machine};
pub use predictions::{PredictionRow, predictions_csv};
pub use process::{Presence, Stamp};
pub use root::Runs;
pub use rows::{RunRow, rows, table_of};
pub use status::{State, Status};
pub use summary::{Best, Images, Machine, Metrics, Origin, Skipped, StageSummary, Summary, Template};
