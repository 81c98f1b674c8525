//! Which entries are needed: by the runs that there are, and by the experiments as they are now.

use std::collections::HashSet;
use std::path::Path;

use crate::cache::Key;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::runs::{RunDir, Runs, State};
use crate::spec::OnDisk;
use crate::{stages, watch};

/// Keys that are needed.
#[derive(Debug, Default)]
pub struct Live {
    /// By runs and experiments.
    pub needed: HashSet<Key>,
    /// By runs that are running now: these never go.
    pub running: HashSet<Key>,
}

/// What runs have used and experiments would use. An experiment that cannot be read is named on stderr.
pub fn live(context: &Context, runs: &Runs) -> Result<Live, Failure> {
    let mut live = Live::default();
    for (text, users) in runs.cache_uses()? {
        let Ok(key) = text.parse::<Key>() else { continue };
        if users.iter().any(|run: &RunDir| runs.state(run) == State::Running) {
            live.running.insert(key.clone());
        }
        live.needed.insert(key);
    }
    for file in watch::experiment_files(&context.project_here().join("experiments")) {
        match keys_of(context, &file) {
            Ok(keys) => live.needed.extend(keys),
            Err(failure) => {
                eprint!("{}", failure.text);
                eprintln!("warning: what only `{}` needs counts as not needed: it cannot be read", file.display());
            }
        }
    }
    Ok(live)
}

fn keys_of(context: &Context, file: &Path) -> Result<Vec<Key>, Failure> {
    let experiment = context.load(file, &[], OnDisk::Checked)?;
    let runs = context.runs_of(&experiment.project_root);
    let prepared = stages::prepare(experiment, &runs)?;
    Ok(stages::needed_keys(&prepared))
}
