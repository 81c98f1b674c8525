//! `frostline report [RUN…]`: one self-contained page, of one run, of many, or of a sweep.

use std::path::{Path, PathBuf};

use super::args::Report;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::pages;
use super::sweep::reference;
use crate::report::{Objective, Pictures, ReportError, RunView, SweepView, run_page, runs_page, sweep_page, write};
use crate::runs::{RunDir, Runs};
use crate::spec::OnDisk;
use crate::stages::{self, Prepared};

/// The name of a page where none is given: in the run's directory, or in the folder of all runs.
const PAGE: &str = "report.html";
/// Instead of a file, stdout.
const STDOUT: &str = "-";

pub fn run(context: &Context, args: &Report) -> Result<Exit, Failure> {
    let all = context.runs_here();
    let sweep = match args.wanted.as_slice() {
        [one] => reference::find(&all, one)?,
        _ => None,
    };
    let (page, folder) = match sweep {
        Some(folder) => (page_of_sweep(&all, &folder)?, folder),
        None => page_of_runs(context, &all, &args.wanted, args.objective)?,
    };
    match &args.out {
        Some(file) if file == Path::new(STDOUT) => print!("{page}"),
        other => {
            let file = other.clone().unwrap_or_else(|| folder.join(PAGE));
            put(&file, &page)?;
            println!("{}", file.display());
        }
    }
    Ok(Exit::Success)
}

fn page_of_sweep(all: &Runs, folder: &Path) -> Result<String, Failure> {
    let sweep = SweepView::load(folder)?;
    let list = reference::runs_of(all, &sweep)?;
    Ok(sweep_page(&sweep, &readable(all, &list)))
}

/// The page of the runs that are wanted, or of all, and where it belongs.
fn page_of_runs(
    context: &Context,
    all: &Runs,
    wanted: &[String],
    objective: Objective,
) -> Result<(String, PathBuf), Failure> {
    let list = if wanted.is_empty() { all.list(None)? } else { pages::named(all, wanted)? };
    Ok(match list.as_slice() {
        [run] if !wanted.is_empty() => (page_of(context, all, run)?, run.path().to_owned()),
        _ => (runs_page(&readable(all, &list), objective), all.root().to_owned()),
    })
}

fn put(file: &Path, page: &str) -> Result<(), ReportError> {
    let bare = file.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    let file = if bare { PathBuf::from(".").join(file) } else { file.to_owned() };
    write(&file, page.as_bytes())
}

/// The runs that can be read; the others are named.
fn readable(all: &Runs, list: &[RunDir]) -> Vec<RunView> {
    let read = |run: &RunDir| pages::view(all, run).map_err(|error| eprintln!("warning: left out: {error}")).ok();
    list.iter().filter_map(read).collect()
}

/// The page of one run: with pictures where its images are still what they were.
fn page_of(context: &Context, all: &Runs, run: &RunDir) -> Result<String, Failure> {
    let view = pages::view(all, run)?;
    match prepared(context, all, run) {
        Ok(prepared) => Ok(pages::with_pictures(&prepared, &view, |pictures| run_page(&view, pictures))?),
        Err(reason) => {
            eprintln!("note: the page has no pictures: {reason}");
            Ok(run_page(&view, &Pictures::none()))
        }
    }
}

/// What a run was made of, if it is still there.
fn prepared(context: &Context, all: &Runs, run: &RunDir) -> Result<Prepared, String> {
    let experiment = context.load_frozen(&run.file("spec.toml"), OnDisk::Checked);
    let experiment = experiment.map_err(|_| "its images or weights are not where they were".to_owned())?;
    let prepared = stages::prepare(experiment, all).map_err(|error| error.to_string())?;
    let status = run.status().map_err(|error| error.to_string())?;
    match stages::identity(&prepared) == status.identity {
        true => Ok(prepared),
        false => Err("its images or weights have changed since".to_owned()),
    }
}
