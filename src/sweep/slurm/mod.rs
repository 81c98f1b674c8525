//! Sweeps on a cluster that runs Slurm: no scheduler of our own, and no process that has to stay.
//!
//! ```text
//! sweeps/<id>/slurm/
//!   .lock                     held while jobs are submitted
//!   0001/                     one submission
//!     bottleneck-1.sbatch     a job: the script, as it was submitted
//!     bottleneck-1.job        the number that Slurm gave it
//!     points-1.sbatch points-1.job     an array
//!     points-1.tasks          which task each of its indices is
//!     points-1.after          the jobs that must have ended well before it starts
//!     points-1-0.log          what the first task of the array wrote
//! ```
//!
//! One job does each distinct extraction, frozen part and shared top training, arrays of the points wait for what they need (`afterok`),
//! and a last job writes the results. A strategy that chooses its points as it goes has an array of workers instead, each of which asks
//! for the next point under the sweep's lock.
//!
//! How a point stands is what its run says; Slurm is asked about the others only: whether they are queued, or why their job ended. In the
//! same way the results are there if `trials.csv` is what the runs give; only otherwise does it count how the job for them ended.

mod accounting;
mod agenda;
mod cluster;
mod error;
mod job;
mod jobs;
mod launcher;
mod limit;
mod queue;
mod script;
mod settings;
mod source;
mod standing;
mod submission;

pub use cluster::Cluster;
pub use error::SlurmError;
pub use launcher::Slurm;
pub use limit::{NoTimeLimit, TimeLimit};
pub use settings::Settings;
pub use source::Unfrozen;
pub use standing::{Standing, Standings, cancel, standings};
pub use submission::{log_files, worker_log_files};
