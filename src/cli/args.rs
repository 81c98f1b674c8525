//! The argument table: only clap, no behaviour.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::event::Stage;
use crate::report::Objective;

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

/// `frostline new`
#[derive(Debug, Args)]
pub struct New {
    /// The experiment's name: lower-case letters, digits, `.`, `_` and `-`
    pub name: String,
    /// The template to start from
    #[arg(long, default_value = "binary", value_name = "TEMPLATE")]
    pub template: String,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

/// `frostline check`
#[derive(Debug, Args)]
pub struct Check {
    /// The experiment files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Overrides a key: `--set top.epochs=5`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Also decode every image
    #[arg(long)]
    pub data: bool,
    /// Also print every setting and who set it
    #[arg(long)]
    pub settings: bool,
}

/// `frostline plan`
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub experiment: OneExperiment,
    /// Recompute this stage, and what follows from it, although it is cached
    #[arg(long, value_enum, value_name = "STAGE")]
    pub force: Option<StageName>,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline run`
#[derive(Debug, Args)]
pub struct Run {
    /// The experiment files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Overrides a key: `--set top.epochs=5`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Recompute this stage, and what follows from it, although it is cached
    #[arg(long, value_enum, value_name = "STAGE")]
    pub force: Option<StageName>,
    /// No progress, only warnings, errors and the result
    #[arg(long, short)]
    pub quiet: bool,
}

/// `frostline sweep`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Sweep {
    #[command(subcommand)]
    pub verb: Option<SweepVerb>,
    #[command(flatten)]
    pub experiment: Option<OneExperiment>,
    /// Points at the same time [default: `sweep.parallel`]
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
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
    pub time: Option<String>,
    /// CPUs of a job, which are its threads
    #[arg(long, default_value = "1", value_name = "N")]
    pub cpus: std::num::NonZeroU32,
    /// GPUs of a job
    #[arg(long, value_name = "N")]
    pub gpus: Option<u32>,
    /// Memory of a job, as sbatch takes it: `8G`
    #[arg(long, value_name = "SIZE")]
    pub mem: Option<String>,
    /// Points of an array at the same time [default: as many as the cluster runs]
    #[arg(long, value_name = "N")]
    pub array_limit: Option<std::num::NonZeroU32>,
    /// Seconds before the time limit at which a run saves its state and is queued again
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    pub signal: u32,
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
        /// The experiment file, or a sweep: its id, its folder, or `NAME@sweep`
        #[arg(value_name = "FILE")]
        file: PathBuf,
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

/// `frostline watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// The folder of experiment files
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// What a change of an experiment does to its own run
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub on_busy: Busy,
    /// Look at the files in this interval instead of asking the system for events: `2s`
    #[arg(long, value_name = "TIME", value_parser = super::quantity::duration)]
    pub poll: Option<std::time::Duration>,
    /// End once everything is done
    #[arg(long)]
    pub once: bool,
    /// Run the sweep of an experiment that has one, instead of the experiment itself
    #[arg(long)]
    pub sweep: bool,
    /// One line per event, also on a terminal
    #[arg(long, conflicts_with = "format")]
    pub plain: bool,
    /// Lines for people, or one JSON object per event [default: a screen on a terminal, lines elsewhere]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<WatchFormat>,
}

/// What a change of a running experiment does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Busy {
    /// Stop it at the next batch and run the new content
    #[default]
    Restart,
    /// Let it end, then run the new content
    Queue,
    /// Leave it alone until the next change
    Skip,
}

/// How `watch` tells what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WatchFormat {
    /// One line per event
    Plain,
    /// One JSON object per event
    Json,
}

/// `frostline features`
#[derive(Debug, Args)]
pub struct Features {
    #[command(flatten)]
    pub experiment: OneExperiment,
    /// The folder to write into; made if it is missing
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// No progress, only warnings and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// `frostline predict`
#[derive(Debug, Args)]
pub struct Predict {
    /// A path, an id, `name`, `name@latest` or `name@best`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Images, folders of images, or `-` for a list of them on stdin, one a line
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<PathBuf>,
    /// How to print the predictions
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Show so many classes, the most probable first
    #[arg(long, value_name = "N", default_value = "1")]
    pub top_k: std::num::NonZeroUsize,
}

/// `frostline evaluate`
#[derive(Debug, Args)]
pub struct Evaluate {
    /// A path, an id, `name`, `name@latest` or `name@best`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// A folder with one folder per class [default: the images that the run was validated on]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Also write the prediction of every image into this CSV file
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// How to print the measures
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline export`
#[derive(Debug, Args)]
pub struct Export {
    /// A path, an id, `name`, `name@latest` or `name@best`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Tensors alone, or the whole graph from image to probabilities
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: FileFormat,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Also write the run's experiment, with every setting: `frostline run` on it makes the same network again
    #[arg(long, value_name = "FILE")]
    pub experiment: Option<PathBuf>,
    /// What the ONNX graph takes: RGB in 0..255 as bytes or as floats
    #[arg(long, value_enum, default_value = "uint8", value_name = "TYPE")]
    pub input: InputType,
}

/// A format that networks are exported in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    Safetensors,
    Onnx,
}

/// The type of an exported graph's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputType {
    Uint8,
    Float32,
}

/// `frostline weights`
#[derive(Debug, Subcommand)]
pub enum WeightsVerb {
    /// List the weights that are here, and those that can be fetched
    List(WeightsList),
    /// Read a Keras, PyTorch, safetensors or ONNX file and write its VGG16 base as frostline's own file
    Import(WeightsImport),
    /// Say whether files hold a usable VGG16 base, and whose training it is
    Verify(WeightsVerify),
    /// Download public weights into the user's cache, held to a known digest
    Fetch(WeightsFetch),
}

/// `frostline weights list`
#[derive(Debug, Args)]
pub struct WeightsList {
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline weights import`
#[derive(Debug, Args)]
pub struct WeightsImport {
    /// A Keras .h5, .weights.h5 or .keras, a PyTorch .pth or .pt, a safetensors or an ONNX file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file to write [default: `weights/` of the project, under the file's name]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What the weights expect of images, where the file does not say it or is wrong
    #[arg(long, value_enum, value_name = "WHAT")]
    pub preprocess: Option<Expects>,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

/// What weights expect of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Expects {
    /// BGR minus ImageNet's mean
    Caffe,
    /// RGB / 255, minus mean, over standard deviation
    Torch,
    /// RGB / 255
    Unit,
}

/// `frostline weights verify`
#[derive(Debug, Args)]
pub struct WeightsVerify {
    /// The files [default: all in `weights/` of the project and in the cache]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline weights fetch`
#[derive(Debug, Args)]
pub struct WeightsFetch {
    /// One of those that `weights list` shows: keras-notop, torchvision, torchvision-bn, timm
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Take the file from this address instead, as from a mirror; it is held to the same digest
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
}

/// `frostline ls`
#[derive(Debug, Args)]
pub struct Ls {
    /// Only runs of these experiments
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline show`
#[derive(Debug, Args)]
pub struct Show {
    /// A path, an id, `name`, `name@latest` or `name@best`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline cache`
#[derive(Debug, Subcommand)]
pub enum Cache {
    /// List what is stored: what it is, its size, when it was last used, and by which runs
    List(CacheList),
    /// Read everything and check it; exits with 4 if something is damaged
    Verify(CacheVerify),
    /// Remove what no run and no experiment needs; only says what would go unless `--yes` is given
    Gc(CacheGc),
}

/// `frostline cache list`
#[derive(Debug, Args)]
pub struct CacheList {
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline cache verify`
#[derive(Debug, Args)]
pub struct CacheVerify {
    /// Remove what is damaged: it is computed again when it is needed
    #[arg(long)]
    pub repair: bool,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline cache gc`
#[derive(Debug, Args)]
pub struct CacheGc {
    /// Do it
    #[arg(long)]
    pub yes: bool,
    /// Also remove what was used longest ago, until the rest has at most this size: `500MB`, `20GiB`
    #[arg(long, value_name = "SIZE", value_parser = super::quantity::bytes)]
    pub max_size: Option<u64>,
    /// Also remove what was last used longer ago than this: `36h`, `30d`, `8w`
    #[arg(long, value_name = "AGE", value_parser = super::quantity::age)]
    pub older_than: Option<std::time::Duration>,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline compare`
#[derive(Debug, Args)]
pub struct Compare {
    /// Paths, ids, `name`, `name@latest`, `name@best`, `name@all`, or a sweep: its id, or `name@sweep` for the latest
    #[arg(required = true, value_name = "RUN")]
    pub wanted: Vec<String>,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline best`
#[derive(Debug, Args)]
pub struct Best {
    /// The experiment's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// By the best epoch of the last stage: val_accuracy, val_loss, accuracy or loss
    #[arg(long, default_value_t = Objective::DEFAULT, value_name = "METRIC")]
    pub objective: Objective,
    /// How to print the run
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline report`
#[derive(Debug, Args)]
pub struct Report {
    /// Paths, ids, `name`, `name@latest`, `name@best`, `name@all`, or a sweep: its id, or `name@sweep` for the latest [default: all runs]
    #[arg(value_name = "RUN")]
    pub wanted: Vec<String>,
    /// The file to write, `-` for stdout [default: report.html in the run's directory or, of several, in the folder of runs]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What several runs are ranked by: val_accuracy, val_loss, accuracy or loss
    #[arg(long, default_value_t = Objective::DEFAULT, value_name = "METRIC")]
    pub objective: Objective,
}
