//! Which entries are needed: by the runs that there are, by the points of sweeps that are still to be done, and by the experiments as they
//! are now.

use std::collections::HashSet;
use std::path::Path;

use crate::cache::Key;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::sweep::work::load_frozen;
use crate::runs::{RunDir, Runs, State};
use crate::spec::OnDisk;
use crate::stages::{self, Preparer};
use crate::sweep::{SweepDir, Task};
use crate::watch;

/// Keys that are needed.
#[derive(Debug, Default)]
pub struct Live {
    /// By runs and experiments.
    pub needed: HashSet<Key>,
    /// By runs that are running now: these never go.
    pub running: HashSet<Key>,
}

/// What runs have used, and what frozen points of sweeps and experiments would use. An experiment that cannot be read is named on stderr.
pub fn live(context: &Context, runs: &Runs) -> Result<Live, Failure> {
    let mut live = Live::default();
    for (text, users) in runs.cache_uses()? {
        let Ok(key) = text.parse::<Key>() else { continue };
        if users.iter().any(|run: &RunDir| runs.state(run) == State::Running) {
            live.running.insert(key.clone());
        }
        live.needed.insert(key);
    }
    for sweep in SweepDir::all(runs)? {
        let Some(index) = sweep.index()? else { continue };
        let preparer = Preparer::new(runs);
        preparer.keep_to(&index.init);
        let known = runs.list(Some(&index.name))?;
        let is_done = |task: &Task| runs.find_among(&known, &task.identity).is_some_and(|(_, it)| it == State::Done);
        for file in index.tasks().filter(|task| !is_done(task)).map(|task| sweep.point_file(task)) {
            live.need(&file, frozen_keys(context, (&file, index.project.as_deref()), &preparer));
        }
    }
    for file in watch::experiment_files(&context.project_here().join("experiments")) {
        live.need(&file, keys_of(context, &file));
    }
    Ok(live)
}

impl Live {
    fn need(&mut self, file: &Path, keys: Result<Vec<Key>, Failure>) {
        match keys {
            Ok(keys) => self.needed.extend(keys),
            Err(failure) => {
                eprint!("{}", failure.text);
                eprintln!("warning: what only `{}` needs counts as not needed: it cannot be read", file.display());
            }
        }
    }
}

/// What a frozen point of a sweep would use; the pieces that points share were computed for no run of their own.
fn frozen_keys(
    context: &Context,
    (file, project): (&Path, Option<&Path>),
    preparer: &Preparer,
) -> Result<Vec<Key>, Failure> {
    let experiment = load_frozen(context, file, project);
    let experiment = experiment.map_err(|problems| Failure::of_spec(&problems, context.colour))?;
    Ok(stages::needed_keys(&preparer.prepare(experiment)?))
}

fn keys_of(context: &Context, file: &Path) -> Result<Vec<Key>, Failure> {
    let experiment = context.load(file, &[], OnDisk::Checked)?;
    let runs = context.runs_of(&experiment.project_root);
    let prepared = stages::prepare(experiment, &runs)?;
    Ok(stages::needed_keys(&prepared))
}
