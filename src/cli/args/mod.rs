//! The argument table: only clap, no behaviour.

mod cache;
mod experiments;
mod network;
mod runs;
mod sweep;
mod weights;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::event::Stage;

pub use cache::{Cache, CacheGc, CacheList, CacheVerify};
pub use experiments::{Busy, Check, Features, New, Plan, Run, Watch, WatchFormat};
pub use network::{Evaluate, Export, FileFormat, InputType, Predict};
pub use runs::{Best, Compare, Ls, Report, Show};
pub use sweep::{Launcher, OneSweep, Retry, SharedPart, Slurm, Sweep, SweepTask, SweepVerb};
pub use weights::{Expects, WeightsFetch, WeightsImport, WeightsList, WeightsVerb, WeightsVerify};

/// Transfer learning from one TOML file: bottleneck features, a top model, fine-tuning.
#[derive(Debug, Parser)]
#[command(name = "frostline", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 success, 1 unexpected failure, 2 usage, 3 invalid experiment file, \
                        4 data or weights unusable, 5 a run failed or diverged, 6 part of a sweep failed, \
                        130 interrupted (state saved).")]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options that every verb takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// When to colour the output
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// Where runs are kept [default: `runs` in the project of the experiment file]
    #[arg(long, global = true, env = "FROSTLINE_RUNS", value_name = "DIR")]
    pub runs: Option<PathBuf>,
    /// Threads to compute with [default: one per core]; results do not depend on it
    #[arg(long, global = true, env = "FROSTLINE_THREADS", value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

/// How a verb prints its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Csv,
    Json,
}

/// A stage, as `--force` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum StageName {
    Bottleneck,
    Top,
    #[value(alias = "fine-tune")]
    FineTune,
}

impl From<StageName> for Stage {
    fn from(name: StageName) -> Self {
        match name {
            StageName::Bottleneck => Self::Bottleneck,
            StageName::Top => Self::Top,
            StageName::FineTune => Self::FineTune,
        }
    }
}

/// An experiment file with what the command line changes in it.
#[derive(Clone, Debug, Args)]
pub struct OneExperiment {
    /// The experiment file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Overrides a key: `--set top.epochs=5`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Experiment files with what the command line changes in each.
#[derive(Clone, Debug, Args)]
pub struct Experiments {
    /// The experiment files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Overrides a key: `--set top.epochs=5`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a new experiment file, commented and ready to run
    New(New),
    /// Validate experiment files and report every problem at once
    Check(Check),
    /// Show what `run` would do, stage by stage, and why; change nothing
    Plan(Plan),
    /// Run experiments; go on with what was interrupted
    Run(Run),
    /// Run all points of an experiment's `[sweep]`; again: only what is missing or failed
    Sweep(Box<Sweep>),
    /// Do one job's part of a frozen sweep
    #[command(hide = true)]
    SweepTask(SweepTask),
    /// Run experiments of a folder again whenever they, or their images, change
    Watch(Watch),
    /// Write the bottleneck features as .npy files
    Features(Features),
    /// Tell the class of images that a run's network has not seen
    Predict(Predict),
    /// Measure a run's network on labelled images
    Evaluate(Evaluate),
    /// Write a run's whole network into a file that other programs read
    Export(Export),
    /// Other people's weights: list, import, verify, fetch
    Weights {
        #[command(subcommand)]
        verb: WeightsVerb,
    },
    /// List runs
    Ls(Ls),
    /// Show one run: its settings, stages and metrics
    Show(Show),
    /// Compare runs: only the keys that differ, and what came of them
    Compare(Compare),
    /// Find the best of an experiment's finished runs
    Best(Best),
    /// Write a page of one run, of several, of a sweep, or of all: one file that needs nothing else
    Report(Report),
    /// List what is stored for reuse, check it, remove what nothing needs
    #[command(subcommand)]
    Cache(Cache),
    /// Print the JSON Schema of the experiment file
    Schema,
    /// Print a shell completion script
    Completions {
        /// The shell
        shell: Shell,
    },
}
