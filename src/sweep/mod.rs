//! Sweeps: many variations of one experiment, frozen, shared out, and compared.
//!
//! [`known_points`] turns `[sweep]` into resolved experiments and looks at what they read, [`plan()`] says what they would take, [`submit()`]
//! freezes them in the sweep's folder, and a [`Launcher`] has them run in a [`Session`], which then writes how they came out.
//!
//! Invariants:
//! - Every point is resolved, checked and frozen before the first one starts; later edits of the file do not reach it.
//! - How a point stands is read from its run's own status. The sweep's folder says only which runs belong to it.
//! - A task is worked on by whoever holds its lock, which vanishes with its holder: any number of processes may work on one sweep.
//! - The same seed gives the same points, and the same points give the same results, whatever the number of jobs.
//!
//! Must not know: terminals, kernels, the experiment file (it gets an experiment, and a way to load frozen ones).

mod account;
mod choose;
mod draft;
mod error;
mod event;
mod folder;
mod freeze;
mod importance;
mod index;
mod launcher;
mod local;
pub mod measure;
mod outcome;
mod plan;
mod pruner;
mod queue;
mod ranking;
mod reached;
mod results;
mod rivals;
mod session;
mod shared;
mod slurm;
mod space;
mod submit;
mod told;
mod tools;
mod tpe;
mod work;
mod worker;

pub use draft::{Draft, DraftPoint};
pub use error::{InvalidPoint, SweepError};
pub use event::{PointRun, Silent, SweepEvent, SweepReporter};
pub use folder::SweepDir;
pub use importance::{Importance, importance};
pub use index::{FrozenPoint, Index, Task};
pub use launcher::Launcher;
pub use local::Local;
pub use outcome::{PointOutcome, TaskOutcome, outcomes};
pub use plan::{Intent, PlannedRun, SweepPlan, plan};
pub use ranking::{Rank, ranks};
pub use results::{Results, keys};
pub use session::{Chosen, OnFailure, Options, Session};
pub use slurm::{
    Cluster, NoTimeLimit, Settings as SlurmSettings, Slurm, SlurmError, Standing, Standings, TimeLimit, Unfrozen,
    cancel, log_files, standings, worker_log_files,
};
pub use space::{Resolved, points, shown};
pub use submit::{known_points, submit};
pub use tools::{LoadFrozen, Tools};
