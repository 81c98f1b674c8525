//! What every verb has at hand: where runs are, whether to colour, the environment.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Format, Global, When};
use super::exit::Exit;
use super::failure::Failure;
use crate::clock::{Clock, SystemClock};
use crate::event::Reporter;
use crate::kernels::isa::{self, Isa};
use crate::net::{CpuKernels, Engine};
use crate::report::{Bars, Download, DownloadBar, DownloadLines, Lines};
use crate::runs::{Runs, table};
use crate::spec::{self, Colour, Experiment, OnDisk, Overrides, Problems};
use crate::stages::TrainedRun;

/// The process's surroundings, read once.
pub struct Context {
    pub cwd: PathBuf,
    /// Of what goes to stderr.
    pub colour: Colour,
    /// Of what goes to stdout.
    pub colour_of_data: Colour,
    pub clock: Arc<dyn Clock>,
    /// Absolute: jobs on a cluster start in the project's folder, from wherever they were submitted.
    runs: Option<PathBuf>,
}

impl Context {
    /// Reads the surroundings and sets up what is global to the process: threads and the instruction set.
    pub fn new(global: &Global) -> Result<Self, Failure> {
        let cwd = std::env::current_dir().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
        if let Some(threads) = global.threads {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
            pool.map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
        }
        if let Ok(name) = std::env::var("FROSTLINE_ISA") {
            let isa: Isa = name.parse().map_err(|error| Failure::new(Exit::Usage, &error, None))?;
            isa::force(isa).map_err(|error| Failure::new(Exit::Usage, &error, None))?;
        }
        if let Ok(name) = std::env::var("FROSTLINE_KERNELS") {
            let kernels: CpuKernels = name.parse().map_err(|error| Failure::new(Exit::Usage, &error, None))?;
            Engine::settle_cpu(kernels);
        }
        Ok(Self {
            colour: colour(global.color, std::io::stderr().is_terminal()),
            colour_of_data: colour(global.color, std::io::stdout().is_terminal()),
            clock: Arc::new(SystemClock::default()),
            runs: global.runs.as_ref().map(|runs| cwd.join(runs)),
            cwd,
        })
    }

    /// Loads and checks an experiment file.
    pub fn load(&self, file: &Path, set: &[String], on_disk: OnDisk) -> Result<Experiment, Failure> {
        self.load_problems(file, set, on_disk).map_err(|problems| Failure::of_spec(&problems, self.colour))
    }

    /// As [`Context::load`], with the problems as they are.
    pub fn load_problems(&self, file: &Path, set: &[String], on_disk: OnDisk) -> Result<Experiment, Problems> {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        spec::load(file, &Overrides { set: set.to_vec(), env: env.collect(), ..self.overrides(on_disk) })
    }

    /// The experiment that a run has frozen: what the environment says of experiments does not touch it.
    pub fn load_frozen(&self, file: &Path, on_disk: OnDisk) -> Result<Experiment, Problems> {
        spec::load(file, &self.overrides(on_disk))
    }

    fn overrides(&self, on_disk: OnDisk) -> Overrides {
        let binary = std::env::current_exe().ok();
        Overrides { set: Vec::new(), env: Vec::new(), cwd: self.cwd.clone(), on_disk, binary, project: None }
    }

    /// The width of the terminal that stdout is, if it is one.
    pub fn columns(&self) -> Option<usize> {
        console::Term::stdout().size_checked().map(|(_, columns)| columns.into())
    }

    /// The network of a finished run, whatever anybody calls it.
    pub fn trained(&self, wanted: &str) -> Result<TrainedRun, Failure> {
        let run = self.runs_here().resolve(wanted)?;
        let experiment = self.load_frozen(&run.file("spec.toml"), OnDisk::Unchecked);
        let experiment = experiment.map_err(|problems| Failure::of_spec(&problems, self.colour))?;
        Ok(TrainedRun::open(&run, experiment)?)
    }

    /// Who shows progress: bars on a terminal, lines elsewhere, warnings alone where quiet is wanted.
    pub fn reporter(&self, quiet: bool) -> Box<dyn Reporter> {
        if !quiet && std::io::stderr().is_terminal() {
            return Box::new(Bars::new(self.colour == Colour::Ansi));
        }
        Box::new(Lines::new(std::io::stderr(), &self.clock, quiet))
    }

    /// Where the runs of a project are.
    pub fn runs_of(&self, project: &Path) -> Runs {
        let root = self.runs.clone().unwrap_or_else(|| project.join("runs"));
        Runs::at(&root, Arc::clone(&self.clock))
    }

    /// The project around the current folder.
    pub fn project_here(&self) -> &Path {
        let is_project = |folder: &&Path| folder.join("runs").is_dir() || folder.join("experiments").is_dir();
        self.cwd.ancestors().find(is_project).unwrap_or(&self.cwd)
    }

    /// Where the runs of the project around the current folder are.
    pub fn runs_here(&self) -> Runs {
        self.runs_of(self.project_here())
    }

    /// Who shows a download: a bar on a terminal, lines elsewhere.
    pub fn download(&self, name: &str) -> Box<dyn Download> {
        match std::io::stderr().is_terminal() {
            true => Box::new(DownloadBar::new(name)),
            false => Box::new(DownloadLines::new(name, std::io::stderr(), &self.clock)),
        }
    }
}

fn colour(when: When, is_terminal: bool) -> Colour {
    colour_by(when, is_terminal, &|name| std::env::var_os(name))
}

/// Any value of `NO_COLOR` counts (no-color.org), of `CLICOLOR_FORCE` any but 0 (bixense.com/clicolors).
fn colour_by(when: When, is_terminal: bool, variable: &dyn Fn(&str) -> Option<OsString>) -> Colour {
    let value = |name| variable(name).filter(|value| !value.is_empty());
    let is_forced = || value("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let wanted = match when {
        When::Always => true,
        When::Never => false,
        When::Auto => is_forced() || (value("NO_COLOR").is_none() && is_terminal),
    };
    if wanted { Colour::Ansi } else { Colour::Plain }
}

/// The table format that the runs' tables know.
pub fn table_format(format: Format) -> table::Format {
    match format {
        Format::Table => table::Format::Table,
        Format::Csv => table::Format::Csv,
        Format::Json => table::Format::Json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_counts_with_any_value_and_clicolor_force_with_any_but_0() {
        let is_coloured = |when, variable: (&'static str, &str), is_terminal| {
            colour_by(when, is_terminal, &|name| (name == variable.0).then(|| variable.1.into())) == Colour::Ansi
        };
        for value in ["1", "0", "false"] {
            assert!(!is_coloured(When::Auto, ("NO_COLOR", value), true), "{value}");
            assert!(is_coloured(When::Always, ("NO_COLOR", value), false), "{value}");
        }
        assert!(is_coloured(When::Auto, ("NO_COLOR", ""), true));
        assert!(is_coloured(When::Auto, ("CLICOLOR_FORCE", "1"), false));
        assert!(!is_coloured(When::Auto, ("CLICOLOR_FORCE", "0"), false));
    }
}
