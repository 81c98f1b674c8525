//! What came of runs: ls, show, compare, best, report.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use crate::report::Objective;

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
    /// By the best epoch of the last stage: val_accuracy, val_loss, accuracy or loss [default: that of the experiment's latest sweep, else
    /// val_accuracy]
    #[arg(long, value_name = "METRIC")]
    pub objective: Option<Objective>,
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
