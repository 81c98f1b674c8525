//! `frostline sweep status|wait|cancel|logs`: a sweep that a cluster works on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{self, Format, OneExperiment, SweepVerb};
use super::context::{Context, table_format};
use super::exit::Exit;
use super::failure::Failure;
use super::quantity::counted;
use super::signals::stop_on_signals;
use crate::runs::Runs;
use crate::runs::table::{Cell, Table};
use crate::spec::{Experiment, OnDisk};
use crate::sweep::{self, Index, Slurm, SlurmSettings, Standing, SweepDir, SweepError};

/// How often a cluster is asked for what has changed: what its administrators still call polite.
const PAUSE: Duration = Duration::from_secs(2);

pub fn run(context: &Context, verb: &SweepVerb) -> Result<Exit, Failure> {
    match verb {
        SweepVerb::Status { experiment, format } => {
            let found = Found::of(context, experiment)?;
            show(&found.runs, &found.dir, &found.index, *format)?;
            Ok(Exit::Success)
        }
        SweepVerb::Wait { experiment } => wait(&Found::of(context, experiment)?),
        SweepVerb::Cancel { experiment } => cancel(&Found::of(context, experiment)?),
        SweepVerb::Logs { file, point, follow } => {
            let experiment = OneExperiment { file: file.clone(), set: Vec::new() };
            logs(&Found::of(context, &experiment)?, point, *follow)
        }
    }
}

/// The launcher that the command line describes.
pub fn slurm(context: &Context, args: &args::Slurm) -> Result<Slurm, Failure> {
    let binary = std::env::current_exe().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let settings = SlurmSettings {
        partition: args.partition.clone(),
        time: args.time.clone(),
        cpus: args.cpus.get(),
        gpus: args.gpus,
        mem: args.mem.clone(),
        array_limit: args.array_limit.map(std::num::NonZeroU32::get),
        warning: args.signal,
        extra: args.extra.clone(),
        template: args.script.as_ref().map(|path| context.cwd.join(path)),
    };
    Ok(Slurm { settings, binary })
}

/// Prints how every run of a sweep stands.
pub fn show(runs: &Runs, dir: &SweepDir, index: &Index, format: Format) -> Result<(), Failure> {
    let standings = sweep::standings(runs, dir, index)?;
    let mut table = Table::new(["point", "seed", "values", "state", "job", "reason", "run"].map(str::to_owned));
    for standing in &standings {
        let values = index.points.iter().find(|point| point.point == standing.task.point);
        table.push(vec![
            Cell::Count(standing.task.point.into()),
            Cell::Count(standing.task.seed),
            Cell::text(values.map(|point| sweep::shown(&point.values))),
            Cell::Text(standing.word().to_owned()),
            Cell::text(standing.job.clone()),
            Cell::text(standing.reason.clone()),
            Cell::text(standing.run.as_ref().map(|(run, _)| run.clone())),
        ]);
    }
    print!("{}", table.render(table_format(format)));
    if format == Format::Table {
        println!("{}", tally(&standings));
    }
    Ok(())
}

/// `12 runs: 7 done, 2 running, 3 queued`.
fn tally(standings: &[Standing]) -> String {
    let words = ["done", "running", "queued", "interrupted", "pruned", "failed", "diverged", "missing"];
    let count = |word: &str| standings.iter().filter(|standing| standing.word() == word).count();
    let counts = words.map(|word| (count(word), word));
    let parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    format!("{}: {}", counted(standings.len(), "run", "runs"), parts.join(", "))
}

/// A sweep that was submitted.
struct Found {
    runs: Runs,
    dir: SweepDir,
    index: Index,
}

impl Found {
    fn of(context: &Context, experiment: &OneExperiment) -> Result<Self, Failure> {
        let file = &experiment.file;
        let base: Experiment = context.load(file, &experiment.set, OnDisk::Unchecked)?;
        if base.sweep.is_none() {
            return Err(SweepError::NoSweep { file: file.clone() }.into());
        }
        let runs = context.runs_of(&base.project_root);
        let missing = || SweepError::NotFound {
            wanted: format!("sweep of `{}` yet; `frostline sweep` submits it", file.display()),
        };
        let dir = SweepDir::find(&runs, base.name.as_str(), &base.sweep_digest())?.ok_or_else(missing)?;
        let index = dir.index()?.ok_or_else(missing)?;
        Ok(Self { runs, dir, index })
    }

    fn standings(&self) -> Result<Vec<Standing>, Failure> {
        let index = self.dir.index()?.unwrap_or_else(|| self.index.clone());
        Ok(sweep::standings(&self.runs, &self.dir, &index)?)
    }
}

fn wait(found: &Found) -> Result<Exit, Failure> {
    let stop = stop_on_signals().map_err(|error| Failure::new(Exit::Unexpected, &error, None))?;
    let mut last = String::new();
    loop {
        let standings = found.standings()?;
        let now = tally(&standings);
        if now != last {
            eprintln!("{now}");
            last = now;
        }
        let is_idle = sweep::active_jobs(&found.dir)?.is_empty() && !standings.iter().any(Standing::is_active);
        match (is_idle, stop.is_requested()) {
            (true, _) => {
                let is_well = |standing: &Standing| matches!(standing.word(), "done" | "pruned");
                return Ok(if standings.iter().all(is_well) { Exit::Success } else { Exit::PartlyFailed });
            }
            (false, true) => return Ok(Exit::Interrupted),
            (false, false) => std::thread::sleep(PAUSE),
        }
    }
}

fn cancel(found: &Found) -> Result<Exit, Failure> {
    let jobs = sweep::cancel(&found.dir)?;
    match jobs.len() {
        0 => eprintln!("no job of this sweep is queued or running"),
        _ => eprintln!("cancelled jobs {}", jobs.join(", ")),
    }
    Ok(Exit::Success)
}

fn logs(found: &Found, point: &str, follow: bool) -> Result<Exit, Failure> {
    let names: Vec<String> = found.index.tasks().filter(|task| task.is_called(point)).map(sweep::Task::name).collect();
    if names.is_empty() {
        return Err(SweepError::NotFound { wanted: format!("point `{point}` in the sweep {}", found.dir.id()) }.into());
    }
    let mut shown: Vec<(PathBuf, usize)> = Vec::new();
    loop {
        for name in &names {
            for path in sweep::log_files(found.dir.path(), name).map_err(SweepError::from)? {
                print_more(&path, &mut shown)?;
            }
        }
        let is_active = |standing: &Standing| names.contains(&standing.task.name()) && standing.is_active();
        if !follow || !found.standings()?.iter().any(is_active) {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    if shown.is_empty() {
        eprintln!("no job of point {point} has written anything yet");
    }
    Ok(Exit::Success)
}

/// Prints what a log has grown by since it was last printed.
fn print_more(path: &Path, shown: &mut Vec<(PathBuf, usize)>) -> Result<(), Failure> {
    let Ok(bytes) = std::fs::read(path) else { return Ok(()) };
    if !shown.iter().any(|(own, _)| own == path) {
        eprintln!("==> {} <==", path.display());
        shown.push((path.to_owned(), 0));
    }
    let length = shown.iter_mut().find(|(own, _)| own == path).map(|(_, length)| length).expect("it was pushed");
    let more = bytes.get(*length..).unwrap_or_default();
    *length = bytes.len();
    std::io::stdout().write_all(more).map_err(|error| Failure::new(Exit::Unexpected, &error, None))
}
