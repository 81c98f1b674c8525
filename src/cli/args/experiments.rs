//! Verbs on experiment files: new, check, plan, run, watch, features.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::{Experiments, Format, OneExperiment, StageName};
use crate::cli::quantity;
use crate::spec::templates;

/// `frostline new`
#[derive(Debug, Args)]
pub struct New {
    /// The experiment's name: lower-case letters, digits, `.`, `_` and `-`
    pub name: String,
    /// The template to start from
    #[arg(long, default_value = "binary", value_name = "TEMPLATE", value_parser = PossibleValuesParser::new(templates::names()))]
    pub template: String,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

/// `frostline check`
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub experiments: Experiments,
    /// Also decode every image
    #[arg(long)]
    pub data: bool,
    /// Also print every setting and who set it
    #[arg(long)]
    pub settings: bool,
    /// How to print the settings
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", requires = "settings")]
    pub format: Format,
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
    #[command(flatten)]
    pub experiments: Experiments,
    /// Recompute this stage, and what follows from it, although it is cached
    #[arg(long, value_enum, value_name = "STAGE")]
    pub force: Option<StageName>,
    /// No progress, only warnings, errors and the result
    #[arg(long, short)]
    pub quiet: bool,
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
    #[arg(long, value_name = "TIME", value_parser = quantity::duration)]
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
