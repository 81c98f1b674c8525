//! A sweep, here or on a cluster.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Format, OneExperiment};
use crate::sweep::TimeLimit;

/// `frostline sweep`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Sweep {
    #[command(subcommand)]
    pub verb: Option<SweepVerb>,
    #[command(flatten)]
    pub experiment: Option<OneExperiment>,
    /// Points at the same time [default: `sweep.parallel`]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub jobs: Option<u32>,
    /// Show what would run, what is shared, and how long it should take, or the scripts for a cluster; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Validate and freeze the points, print the sweep's folder, and run none: for launchers of your own
    #[arg(long, conflicts_with = "dry_run")]
    pub freeze: bool,
    /// Stop all points once one has failed or diverged
    #[arg(long)]
    pub fail_fast: bool,
    /// Also take up points again that ended so; those that failed or were interrupted are taken up anyway
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',')]
    pub retry: Vec<Retry>,
    /// No progress, only warnings, errors and the result
    #[arg(long, short)]
    pub quiet: bool,
    /// How to print the points
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Who runs the points: this process, or a Slurm cluster
    #[arg(long, value_enum, default_value_t, value_name = "LAUNCHER")]
    pub launcher: Launcher,
    #[command(flatten)]
    pub slurm: Slurm,
}

/// Who runs the points of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Launcher {
    #[default]
    Local,
    Slurm,
}

/// What each job asks of Slurm.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --launcher slurm")]
pub struct Slurm {
    /// The partition [default: the cluster's]
    #[arg(long, value_name = "NAME")]
    pub partition: Option<String>,
    /// The time limit of a job, as sbatch takes it: `2:00:00`
    #[arg(long, value_name = "TIME")]
    pub time: Option<TimeLimit>,
    /// CPUs of a job, which are its threads [default: 1]
    #[arg(long, value_name = "N")]
    pub cpus: Option<std::num::NonZeroU32>,
    /// GPUs of a job
    #[arg(long, value_name = "N")]
    pub gpus: Option<u32>,
    /// Memory of a job, as sbatch takes it: `8G`
    #[arg(long, value_name = "SIZE")]
    pub mem: Option<String>,
    /// Points at the same time [default: as many as the cluster runs]
    #[arg(long, value_name = "N")]
    pub array_limit: Option<std::num::NonZeroU32>,
    /// Seconds before the time limit at which a run saves its state and is queued again; Slurm may say so a minute earlier [default: 120]
    #[arg(long, value_name = "SECONDS")]
    pub signal: Option<u32>,
    /// A template to use in place of templates/launchers/slurm.sbatch
    #[arg(long = "template", value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Further options for sbatch
    #[arg(last = true, value_name = "SBATCH OPTIONS")]
    pub extra: Vec<String>,
}

/// What there is to ask of a sweep on a cluster.
#[derive(Debug, Subcommand)]
pub enum SweepVerb {
    /// Show how every run of a sweep stands: done, running, queued, missing
    Status {
        #[command(flatten)]
        sweep: OneSweep,
        /// How to print them
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Wait until no run of a sweep is queued or running
    Wait {
        #[command(flatten)]
        sweep: OneSweep,
    },
    /// Cancel the jobs of a sweep; runs save their state first
    Cancel {
        #[command(flatten)]
        sweep: OneSweep,
    },
    /// Print what the jobs of a point wrote
    Logs {
        #[command(flatten)]
        sweep: OneSweep,
        /// The point, as `3`, or one of its runs, as `0003-seed0`
        point: String,
        /// Go on as the log grows, until the point is neither queued nor running
        #[arg(long, short)]
        follow: bool,
    },
}

/// A sweep that was submitted.
#[derive(Clone, Debug, Args)]
pub struct OneSweep {
    /// The experiment file, or a sweep as it was submitted, whatever the file says now: its id, its folder, or `NAME@sweep` for the latest
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Overrides a key, as when it was submitted: `--set top.epochs=5`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// `frostline sweep-task`
#[derive(Debug, Args)]
pub struct SweepTask {
    /// The sweep's folder, `runs/NAME/sweeps/ID`
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The point to run, as `3`, or one of its runs, as `0003-seed0`
    #[arg(long, value_name = "POINT", required_unless_present_any = ["next", "results"])]
    pub point: Option<String>,
    /// Do only what that run shares with others
    #[arg(long, value_enum, requires = "point", value_name = "PART")]
    pub shared: Option<SharedPart>,
    /// Run one point after the other until none is left
    #[arg(long, conflicts_with_all = ["point", "results"])]
    pub next: bool,
    /// Write trials.csv, importance.csv and best.toml as the runs stand now
    #[arg(long, conflicts_with = "point")]
    pub results: bool,
    /// Also take up points again that ended so
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',')]
    pub retry: Vec<Retry>,
}

/// Work that several runs of a sweep share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SharedPart {
    Bottleneck,
    FrozenPart,
    Top,
}

/// How a point ended that is to be taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Retry {
    Failed,
    Diverged,
    Pruned,
}
