//! From a path to a checked experiment: files, environment and arguments become layers; layers are merged; the result is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Value;

use super::context::{Context, OnDisk};
use super::key::Key;
use super::layer::Layer;
use super::manual::manual;
use super::merge::merge;
use super::model::Experiment;
use super::origin::{Origin, Provenance};
use super::problem::{Place, Problem, Problems};
use super::{assignments, check, knob, paths, raw, settle, shape, sources};

/// What is said outside of the files, and where it is said.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Arguments of `--set`, `K=V` each, in their order.
    pub set: Vec<String>,
    /// Environment variables, all of them; those of others are ignored.
    pub env: Vec<(String, String)>,
    /// The current directory, absolute: arguments, environment and relative paths given to [`load`] are seen from it.
    pub cwd: PathBuf,
    /// The running binary: the weights that come with frostline are looked for in its clone, too.
    pub binary: Option<PathBuf>,
    /// The project's folder; `None`: as the file's place says.
    pub project: Option<PathBuf>,
    /// Whether data and weights must be there.
    pub on_disk: OnDisk,
}

/// Loads and checks an experiment file.
///
/// # Errors
/// Every problem there is, at once.
pub fn load(path: &Path, overrides: &Overrides) -> Result<Experiment, Problems> {
    let mut problems = Vec::new();
    let read = sources::read(path, &overrides.cwd, &mut problems);
    if read.layers.is_empty() {
        return Err(Problems::new(problems, read.files));
    }
    let mut layers = read.layers;
    layers.push(assignments::environment(&overrides.env));
    layers.push(assignments::arguments(&overrides.set, &mut problems));
    let file = paths::absolute(&overrides.cwd, path);
    let context = Context {
        layers,
        project_root: overrides.project.clone().unwrap_or_else(|| paths::project_root(&file)),
        files: read.files.clone(),
        file,
        cwd: overrides.cwd.clone(),
        binary: overrides.binary.clone(),
        on_disk: overrides.on_disk,
    };
    let mut found = Vec::new();
    let experiment = resolve(&Arc::new(context), None, &mut found);
    found.retain(|problem| is_certain(problem, &read.broken));
    problems.extend(found);
    finish(experiment, problems, read.files)
}

/// Whether a problem doesn't merely follow from a syntax error: one that does lies behind it, or is about something that is missing.
fn is_certain(problem: &Problem, broken: &BTreeMap<PathBuf, usize>) -> bool {
    match &problem.place {
        Place::Span { file, span } => broken.get(&file.path).is_none_or(|offset| span.start < *offset),
        Place::File(_) => broken.is_empty(),
        Place::Environment { .. } | Place::Set { .. } | Place::Point { .. } | Place::Defaults => true,
    }
}

impl Experiment {
    /// The same experiment with some settings replaced, as by a further layer above all others: a point of a sweep.
    ///
    /// Keys are as in `--set`. Paths are relative to the file that says them in `[sweep]`, or else to the current directory.
    ///
    /// # Errors
    /// Every problem of the resulting experiment.
    pub fn resolve_with(&self, settings: &[(String, Value)]) -> Result<Self, Problems> {
        let mut point = Layer::default();
        let mut problems = Vec::new();
        for (written, value) in settings {
            let pair = format!("{written} = {}", knob::written(value));
            match assignments::dotted(written) {
                Some(key) => {
                    let folder = folder_of(written, &self.provenance).unwrap_or(&self.context.cwd).to_owned();
                    point.set(&key, value.clone(), Origin::Point { pair, folder });
                }
                None => {
                    let problem = Problem::invalid(Place::Point { pair }, format!("`{written}` is no key"));
                    problems.push(problem.label("expected a key such as `top.dropout`"));
                }
            }
        }
        let experiment = resolve(&self.context, Some(point), &mut problems);
        finish(experiment, problems, self.source_files.clone())
    }
}

/// The folder of the file in which a key of the sweep is written.
pub(super) fn folder_of<'a>(key: &str, provenance: &'a Provenance) -> Option<&'a Path> {
    let axis =
        |at: &Key| at.parts().first().is_some_and(|name| name == "sweep") && at.parts().iter().any(|name| name == key);
    provenance.iter().find(|(at, _)| axis(at)).and_then(|(_, origin)| match origin {
        Origin::File { file, .. } => Some(file.folder()),
        Origin::Defaults | Origin::Environment { .. } | Origin::Set { .. } | Origin::Point { .. } => None,
    })
}

fn finish(experiment: Option<Experiment>, problems: Vec<Problem>, files: Vec<PathBuf>) -> Result<Experiment, Problems> {
    match experiment {
        Some(experiment) if problems.is_empty() => Ok(experiment),
        _ => Err(Problems::new(problems, files)),
    }
}

/// The layers as one, with a point's above them and the defaults below.
pub(super) fn merged(context: &Context, point: Option<Layer>, problems: &mut Vec<Problem>) -> (Layer, Provenance) {
    let mut layers = context.layers.clone();
    layers.extend(point);
    layers.iter_mut().for_each(|layer| shape::tables(layer, problems));
    settle::settle(&mut layers);
    let (said, _) = merge(&layers);
    layers.insert(0, manual().defaults_under(&said));
    merge(&layers)
}

/// Merges the layers, with a point's above them, and checks the result.
pub(super) fn resolve(context: &Arc<Context>, point: Option<Layer>, problems: &mut Vec<Problem>) -> Option<Experiment> {
    let (mut merged, provenance) = merged(context, point, problems);
    shape::check(&mut merged, &provenance, problems);
    match raw::Experiment::deserialize(merged.table) {
        Ok(raw) => check::check(raw, context, provenance, problems),
        Err(error) => {
            let place = Place::File(context.shown(&context.file).into());
            problems.push(Problem::invalid(place, "the file has the wrong shape").label(error.message()));
            None
        }
    }
}
