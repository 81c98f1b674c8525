//! `frostline sweep logs FILE POINT`: what the jobs of a point wrote.

use std::path::{Path, PathBuf};

use super::found::Found;
use super::patience::Patience;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Reader};
use crate::stop::StopToken;
use crate::sweep::{self, Standing, Standings, SweepError, Task};

pub fn print(context: &Context, found: &Found, (point, follow): (&str, bool)) -> Result<Exit, Failure> {
    let tasks: Vec<Task> = found.index.tasks().filter(|task| task.is_called(point)).copied().collect();
    if tasks.is_empty() {
        return Err(SweepError::NotFound { wanted: format!("point `{point}` in the sweep {}", found.dir.id()) }.into());
    }
    let mut shown: Vec<(PathBuf, usize)> = Vec::new();
    let mut patience = Patience::new();
    loop {
        // Before the logs: what is written until a job has ended is then seen.
        let answer = found.standings();
        let answer = if follow { patience.heed(answer, context.clock.monotonic())? } else { Some(answer?) };
        for path in logs(found, &tasks)? {
            if print_more(&path, &mut shown) == Reader::Gone {
                return Ok(Exit::Success);
            }
        }
        let is_of_point = |standing: &Standing| tasks.contains(&standing.task);
        let goes_on = |all: &Standings| all.tasks.iter().any(|one| is_of_point(one) && one.is_active());
        let Some(standings) = answer.filter(|all| !follow || !goes_on(all)) else {
            patience.rest(&StopToken::new());
            continue;
        };
        if shown.is_empty() {
            let mut own = standings.tasks.iter().filter(|one| is_of_point(one));
            let told = own.find_map(|standing| Some(format!(": {}", standing.reason.as_ref()?)));
            eprintln!("no job of point {point} has written anything{}", told.unwrap_or_default());
        }
        return Ok(Exit::Success);
    }
}

/// The logs of tasks: their own, and those of workers that have had one of them.
fn logs(found: &Found, tasks: &[Task]) -> Result<Vec<PathBuf>, Failure> {
    let mut logs = Vec::new();
    for task in tasks {
        logs.extend(sweep::log_files(found.dir.path(), &task.name()).map_err(SweepError::from)?);
    }
    let is_told = |line: &str| tasks.iter().any(|task| line.starts_with(&format!("point {} ", task.point)));
    let has_had = |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(is_told));
    let workers = sweep::worker_log_files(found.dir.path()).map_err(SweepError::from)?;
    logs.extend(workers.into_iter().filter(has_had));
    Ok(logs)
}

/// Prints what a log has grown by since it was last printed.
fn print_more(path: &Path, shown: &mut Vec<(PathBuf, usize)>) -> Reader {
    let Ok(bytes) = std::fs::read(path) else { return Reader::Here };
    if !shown.iter().any(|(own, _)| own == path) {
        eprintln!("==> {} <==", path.display());
        shown.push((path.to_owned(), 0));
    }
    let length = shown.iter_mut().find(|(own, _)| own == path).map(|(_, length)| length).expect("it was pushed");
    let more = bytes.get(*length..).unwrap_or_default();
    *length = bytes.len();
    output::data(more)
}
