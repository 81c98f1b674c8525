//! What the verbs that work on sweeps share.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::pages;
use crate::event::{Event, Warning};
use crate::report;
use crate::runs::{RunDir, Runs};
use crate::spec::model::Sweep;
use crate::spec::{self, Colour, Experiment, OnDisk, Overrides, Problems};
use crate::stages::{Prepared, Preparer};
use crate::stop::StopToken;
use crate::sweep::{
    self, Draft, DraftPoint, Launcher, Local, Options, Session, SweepError, SweepEvent, SweepReporter, Tools,
};
use crate::watch::Finish;

/// Runs in this process what is missing of an experiment's sweep, as `sweep FILE` does.
pub fn all(
    context: &Context,
    base: &Experiment,
    reporter: &dyn SweepReporter,
    stop: &StopToken,
) -> Result<Finish, Failure> {
    let Some(table) = &base.sweep else {
        return Err(SweepError::NoSweep { file: base.source_files.first().cloned().unwrap_or_default() }.into());
    };
    let runs = context.runs_of(&base.project_root);
    let preparer = Preparer::new(&runs);
    let points = sweep::known_points(base, table, &runs, &preparer).map_err(|error| invalid(error, context.colour))?;
    with_tools(context, (&runs, stop, reporter), |tools| {
        warn(reporter, &points);
        let (dir, index) = sweep::submit(base, table, &points, &tools)?;
        let session = Session::new((base, table), (&dir, index), (tools, &preparer), Options::default());
        session.announce()?;
        let launched = local(table, None).launch(&session);
        let states = session.finish()?;
        if stop.is_requested() {
            return Ok(Finish::Stopped);
        }
        launched?;
        let wanting = wanting(&states);
        match wanting.is_empty() {
            true => Ok(Finish::Done),
            false => {
                let text = format!("error: not every run of the sweep is done: {}\n", wanting.join(", "));
                Err(Failure { text, exit: Exit::PartlyFailed })
            }
        }
    })
}

/// The runs of a sweep that did not come to their end, by how they stand: `2 failed`, `1 missing`.
pub fn wanting(states: &BTreeMap<&'static str, u64>) -> Vec<String> {
    let told = |word: &str| states.get(word).map(|count| format!("{count} {word}"));
    ["failed", "diverged", "running", "interrupted", "missing"].into_iter().filter_map(told).collect()
}

/// Work in this process: so many jobs, or as many as the experiment says.
pub fn local(table: &Sweep, jobs: Option<u32>) -> Local {
    let jobs = jobs.unwrap_or(table.parallel.get()) as usize;
    let some = |count| NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
    Local { jobs: some(jobs), threads: some(rayon::current_num_threads()) }
}

/// Does something with what a sweep needs from the outside.
pub fn with_tools<R>(
    context: &Context,
    (runs, stop, reporter): (&Runs, &StopToken, &dyn SweepReporter),
    act: impl FnOnce(Tools<'_>) -> R,
) -> R {
    act(Tools {
        runs,
        clock: &context.clock,
        stop,
        reporter,
        load: &|path: &Path, project: Option<&Path>| load_frozen(context, path, project),
        finish: &|run: &RunDir, prepared: &Prepared| write_report(runs, run, prepared, reporter),
        explain: &|error| Failure::from(error).text,
    })
}

/// A frozen experiment, from its file alone: no environment, no arguments.
pub fn load_frozen(context: &Context, path: &Path, project: Option<&Path>) -> Result<Experiment, Problems> {
    let overrides = Overrides {
        cwd: context.cwd.clone(),
        on_disk: OnDisk::Checked,
        binary: std::env::current_exe().ok(),
        project: project.map(Path::to_owned),
        ..Overrides::default()
    };
    spec::load(path, &overrides)
}

/// Without its report, a run is done all the same.
fn write_report(runs: &Runs, run: &RunDir, prepared: &Prepared, reporter: &dyn SweepReporter) {
    if !report::is_written(run.path())
        && let Err(failure) = pages::write(runs, run, prepared)
    {
        notice(reporter, failure.text.trim_end().to_owned());
    }
}

/// What is odd about the data, once for all points that read it.
pub fn warn(reporter: &dyn SweepReporter, points: &[DraftPoint]) {
    let of = |run: &Draft| run.prepared.warnings.clone();
    let mut texts: Vec<String> = points.iter().flat_map(|point| &point.runs).flat_map(of).collect();
    texts.sort();
    texts.dedup();
    texts.into_iter().for_each(|text| notice(reporter, text));
}

fn notice(reporter: &dyn SweepReporter, text: String) {
    let event = Event::Warned { warning: Warning::Notice { text } };
    reporter.event(&SweepEvent::Run { run: None, event });
}

/// The problems of the points, as those of an experiment file are shown; a few points tell what is wrong with all.
pub fn invalid(error: SweepError, colour: Colour) -> Failure {
    const SHOWN: usize = 3;
    let SweepError::Invalid { invalid } = &error else { return error.into() };
    let failures = invalid.iter().take(SHOWN).map(|point| {
        let failure = Failure::of_spec(&point.problems, colour);
        (failure.exit, format!("error: {point}\n{}", failure.text))
    });
    let (exits, texts): (Vec<Exit>, Vec<String>) = failures.unzip();
    let more = invalid.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("and {more} more such points; none has been started\n") } else { String::new() };
    Failure { text: texts.concat() + &more, exit: exits.first().copied().unwrap_or(Exit::InvalidSpec) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_wants_every_run_that_did_not_come_to_its_end() {
        let states = BTreeMap::from([("done", 3), ("pruned", 2), ("running", 1), ("failed", 4)]);
        assert_eq!(wanting(&states), ["4 failed", "1 running"]);
    }
}
