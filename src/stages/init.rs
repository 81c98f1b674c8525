//! `top.init`: the top of an earlier run, from which another top goes on.

use std::path::Path;
use std::sync::Arc;

use super::convert;
use super::keys::IMAGE_SETTINGS;
use super::model_file::{self, ModelFile, ModelFileError};
use super::trained::{MODEL, TOP};
use crate::digest::Digest;
use crate::runs::{RunDir, RunError, Runs, State};
use crate::spec::knobs::Init;
use crate::spec::{self, Experiment, OnDisk, Overrides};
use crate::train::{ModelError, NamedTensor, TopModel};

/// The top that a training begins with.
#[derive(Clone, Debug)]
pub struct InitialTop {
    /// Its parameters, in the order of their names.
    pub(super) tensors: Vec<NamedTensor>,
    /// Their identity: names, shapes and values.
    pub(super) digest: Digest,
}

/// The top of an earlier run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
#[error("`top.init = \"run:{run}\"` ({place}) cannot be used")]
pub struct InitError {
    /// The run, as the experiment names it.
    pub run: String,
    /// Who names it: file, line and column, or an argument.
    pub place: String,
    /// Why.
    #[source]
    pub problem: Box<InitProblem>,
}

/// Why the top of an earlier run cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum InitProblem {
    /// There is no such run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It has not come to its end.
    #[error("{label} is {state}, expected a run that is done")]
    Unfinished {
        /// The run.
        label: String,
        /// How it stands.
        state: State,
    },
    /// It has no network, or a damaged one.
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    /// Its top is of another shape.
    #[error("the top of {label} is of another shape")]
    Model {
        /// The run.
        label: String,
        /// In what they differ.
        source: ModelError,
    },
}

impl InitError {
    fn of(experiment: &Experiment, wanted: &str, problem: InitProblem) -> Self {
        let place = experiment.provenance.of("top.init").map(ToString::to_string).unwrap_or_default();
        Self { run: wanted.to_owned(), place, problem: Box::new(problem) }
    }

    /// What is likely to help, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self.problem.as_ref() {
            InitProblem::Run(error) => error.hint(),
            InitProblem::Unfinished { label, .. } => Some(format!(
                "`frostline run` on the `spec.toml` of {label} goes on with it; `@best` names the best of those that are done"
            )),
            InitProblem::Model { .. } => {
                Some("a top goes on from one of the same `target_size`, `hidden` and number of classes".to_owned())
            }
            InitProblem::ModelFile(_) => {
                Some("`frostline run --force top` on the `spec.toml` of that run makes its network anew".to_owned())
            }
        }
    }
}

/// What is read of an earlier run.
#[derive(Debug)]
pub(super) struct Earlier {
    /// The run as the experiment names it.
    wanted: String,
    /// This very run, whatever others there will be.
    pinned: String,
    label: String,
    top: Arc<InitialTop>,
    classes: Vec<String>,
    weights: Digest,
    /// Empty where its spec is of another version, that this one cannot read: there is nothing to compare.
    settings: Vec<(String, String)>,
}

impl Earlier {
    /// Reads the run that an experiment's top goes on from, if it goes on from one.
    pub fn find(experiment: &Experiment, runs: &Runs) -> Result<Option<Self>, InitError> {
        let Some(wanted) = experiment.top.init.run() else { return Ok(None) };
        match Self::read(experiment, wanted, runs) {
            Ok(earlier) => Ok(Some(earlier)),
            Err(problem) => Err(InitError::of(experiment, wanted, problem)),
        }
    }

    /// Reads the run that goes by a name.
    pub fn read(experiment: &Experiment, wanted: &str, runs: &Runs) -> Result<Self, InitProblem> {
        let run = match beside(experiment, wanted) {
            Some(run) => run,
            None => runs.resolve(wanted)?,
        };
        let (label, state) = (run.label(), runs.state(&run));
        if state != State::Done {
            return Err(InitProblem::Unfinished { label, state });
        }
        let ModelFile { mut tensors, classes, weights } = model_file::read(&run.file(MODEL))?;
        tensors.retain(|tensor| tensor.name.starts_with(TOP));
        // The file's reader gives them in no order of its own.
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let top = Arc::new(InitialTop { digest: digest(&tensors), tensors });
        let (pinned, settings) = (pinned(&run, runs), settings_of(&run));
        Ok(Self { wanted: wanted.to_owned(), pinned, label, top, classes, weights, settings })
    }

    /// Holds the top to the shape that an experiment asks for. The experiment then names this very run, so that it means the
    /// same when there is a later or a better one.
    pub fn begin(&self, experiment: &mut Experiment, classes: &[String]) -> Result<Arc<InitialTop>, InitError> {
        let shape = convert::top_shape_for(experiment, classes.len(), experiment.top.dropout.get());
        if let Err(source) = TopModel::from_parameters(&shape, &self.top.tensors) {
            let problem = InitProblem::Model { label: self.label.clone(), source };
            return Err(InitError::of(experiment, &self.wanted, problem));
        }
        experiment.top.init = Init::Run(self.pinned.clone());
        Ok(Arc::clone(&self.top))
    }

    /// In what the earlier run differs, so that its top may not mean much here.
    pub fn differences(&self, experiment: &Experiment, classes: &[String], weights: Digest) -> Vec<String> {
        let label = &self.label;
        let mut warnings = Vec::new();
        if self.classes != classes {
            let [theirs, ours] = [&self.classes[..], classes].map(|names| names.join(", "));
            warnings.push(format!("the top of {label} was trained on the classes {theirs}, and this one on {ours}"));
        }
        if self.weights != weights {
            warnings.push(format!("the top of {label} was trained on the features of other weights"));
        }
        for (key, ours) in experiment.settings().into_iter().filter(|(key, _)| IMAGE_SETTINGS.contains(&key.as_str())) {
            let theirs = self.settings.iter().find(|(theirs, _)| *theirs == key).map(|(_, value)| value);
            if let Some(theirs) = theirs.filter(|theirs| **theirs != ours) {
                warnings.push(format!("the top of {label} was trained with {key} = {theirs}, and here it is {ours}"));
            }
        }
        warnings
    }
}

/// The run at a path, seen from the file that names it.
fn beside(experiment: &Experiment, wanted: &str) -> Option<RunDir> {
    let path = experiment.absolute("top.init", wanted).canonicalize().ok()?;
    RunDir::at(&path).filter(|run| run.status().is_ok())
}

/// What names a run for good: name and id among our runs, its path elsewhere.
fn pinned(run: &RunDir, runs: &Runs) -> String {
    let place = |path: &Path| path.canonicalize().ok();
    let is_ours = runs.resolve(&run.label()).is_ok_and(|found| place(found.path()) == place(run.path()));
    if is_ours { run.label() } else { run.path().display().to_string() }
}

fn settings_of(run: &RunDir) -> Vec<(String, String)> {
    let overrides = Overrides { cwd: run.path().to_owned(), on_disk: OnDisk::Unchecked, ..Overrides::default() };
    spec::load(&run.file("spec.toml"), &overrides).map(|experiment| experiment.settings()).unwrap_or_default()
}

fn digest(tensors: &[NamedTensor]) -> Digest {
    let mut bytes = Vec::new();
    for NamedTensor { name, shape, values } in tensors {
        bytes.extend_from_slice(format!("{name}{shape:?}").as_bytes());
        bytes.extend_from_slice(bytemuck::cast_slice(values));
    }
    Digest::of(&bytes)
}
