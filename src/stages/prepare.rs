//! The world, looked at once: which images there are, which weights, all pinned down by content.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::StageError;
use super::init::{Earlier, InitialTop};
use super::{convert, device, precision};
use crate::data::{self, DataError, Manifest, ScanOptions};
use crate::digest::Digest;
use crate::net::{BaseWeights, Engine};
use crate::runs::Runs;
use crate::spec::Experiment;
use crate::spec::knobs::Preprocess;
use crate::spec::model::Validation;
use crate::weights;

/// An experiment with everything that it reads, by content. A run uses nothing else.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The checked experiment.
    pub experiment: Arc<Experiment>,
    /// Where its network is computed.
    pub engine: Engine,
    /// Training images.
    pub train: Arc<Manifest>,
    /// Validation images.
    pub validation: Arc<Manifest>,
    /// The base's weights.
    pub weights: BaseWeights,
    /// Of the weights' values, whatever file they came in.
    pub weights_digest: Digest,
    /// The top that training goes on from, where it does.
    pub initial_top: Option<Arc<InitialTop>>,
    /// What is odd about the data, the weights or the earlier run, though usable.
    pub warnings: Vec<String>,
}

/// Scans the image folders, reads the weights, and finds the earlier run that the top goes on from.
///
/// # Errors
///
/// Where folders, images, weights or the earlier run are unusable; all problems of a folder are reported together.
pub fn prepare(experiment: Experiment, runs: &Runs) -> Result<Prepared, StageError> {
    Preparer::new(runs).prepare(experiment)
}

/// Prepares many experiments that read the same images, weights and runs: each folder and each file is looked at once.
#[derive(Debug)]
pub struct Preparer {
    runs: Runs,
    images: Mutex<HashMap<Vec<(String, String)>, Images>>,
    weights: Mutex<HashMap<(PathBuf, Preprocess), Weights>>,
    /// By the path that the experiment's words would be, and by the words.
    earlier: Mutex<HashMap<(PathBuf, String), Arc<Earlier>>>,
    /// The runs that words are to mean, whatever they would mean by now.
    kept: Mutex<BTreeMap<String, String>>,
}

/// Weights that were read, and what is odd about them.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    weights: BaseWeights,
    digest: Digest,
    warnings: Vec<String>,
}

/// Image folders that were looked at.
#[derive(Clone, Debug)]
pub(super) struct Images {
    train: Arc<Manifest>,
    validation: Arc<Manifest>,
    warnings: Vec<String>,
}

/// Finds the images below a folder.
pub(super) type Scan<'a> = dyn Fn(&Path, &ScanOptions) -> Result<Manifest, DataError> + 'a;

impl Images {
    /// Scans, splits, and warns of what is odd.
    pub fn look(experiment: &Experiment, scan: &Scan<'_>) -> Result<Self, StageError> {
        let (train, validation) = manifests(experiment, scan)?;
        let warnings = data::warnings(&train, &validation).iter().map(ToString::to_string).collect();
        Ok(Self { train: Arc::new(train), validation: Arc::new(validation), warnings })
    }

    /// The identity of all images, by content.
    pub fn digest(&self) -> Digest {
        digest_of(&self.train, &self.validation)
    }
}

impl Weights {
    /// Reads the weights of an experiment.
    pub fn read(experiment: &Experiment) -> Result<Self, StageError> {
        let imported = weights::read_vgg16(&experiment.weights.path)?;
        let warnings = imported.warnings(convert::trained_on(experiment.data.preprocess));
        let weights = convert::base_weights(imported);
        Ok(Self { digest: weights.digest(), weights, warnings })
    }
}

impl Prepared {
    pub(super) fn of(
        (mut experiment, (engine, doubt)): (Experiment, (Engine, Option<String>)),
        images: Images,
        weights: Weights,
        earlier: Option<&Earlier>,
    ) -> Result<Self, StageError> {
        let Images { train, validation, mut warnings } = images;
        let Weights { weights, digest: weights_digest, warnings: of_weights } = weights;
        warnings.extend(doubt.into_iter().chain(of_weights));
        warnings.extend(precision::warning(&experiment, engine));
        let mut initial_top = None;
        if let Some(earlier) = earlier {
            initial_top = Some(earlier.begin(&mut experiment, &train.classes)?);
            warnings.extend(earlier.differences(&experiment, &train.classes, weights_digest));
        }
        let experiment = Arc::new(experiment);
        Ok(Self { experiment, engine, train, validation, weights, weights_digest, initial_top, warnings })
    }
}

/// The identity of all images, by content.
pub(super) fn digest_of(train: &Manifest, validation: &Manifest) -> Digest {
    Digest::of(&[*train.digest().as_bytes(), *validation.digest().as_bytes()].concat())
}

impl Preparer {
    /// Nothing looked at yet. `runs`: where the earlier run is that a top goes on from.
    pub fn new(runs: &Runs) -> Self {
        Self {
            runs: runs.clone(),
            images: Mutex::default(),
            weights: Mutex::default(),
            earlier: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// Takes what `top.init` says for the run that it meant before, as long as that run can be used.
    pub fn keep_to(&self, meant: &BTreeMap<String, String>) {
        hold(&self.kept).extend(meant.clone());
    }

    /// As [`prepare`]; what an earlier experiment read is not read again.
    ///
    /// # Errors
    ///
    /// As [`prepare`].
    pub fn prepare(&self, experiment: Experiment) -> Result<Prepared, StageError> {
        let engine = device::engine(experiment.device)?;
        let (images, weights, earlier) = (self.look(&experiment)?, self.read(&experiment)?, self.find(&experiment)?);
        Prepared::of((experiment, engine), images, weights, earlier.as_deref())
    }

    fn look(&self, experiment: &Experiment) -> Result<Images, StageError> {
        let mut known = hold(&self.images);
        let key = image_settings(experiment);
        if let Some(looked) = known.get(&key) {
            return Ok(looked.clone());
        }
        let looked = Images::look(experiment, &data::scan)?;
        known.insert(key, looked.clone());
        Ok(looked)
    }

    fn read(&self, experiment: &Experiment) -> Result<Weights, StageError> {
        let mut known = hold(&self.weights);
        let key = (experiment.weights.path.clone(), experiment.data.preprocess);
        if let Some(read) = known.get(&key) {
            return Ok(read.clone());
        }
        let read = Weights::read(experiment)?;
        known.insert(key, read.clone());
        Ok(read)
    }

    fn find(&self, experiment: &Experiment) -> Result<Option<Arc<Earlier>>, StageError> {
        let Some(wanted) = experiment.top.init.run() else { return Ok(None) };
        let mut known = hold(&self.earlier);
        let key = (experiment.absolute("top.init", wanted), wanted.to_owned());
        if let Some(earlier) = known.get(&key) {
            return Ok(Some(Arc::clone(earlier)));
        }
        let kept = hold(&self.kept).get(wanted).cloned();
        let earlier = match kept.and_then(|run| Earlier::read(experiment, &run, &self.runs).ok()) {
            Some(earlier) => Some(earlier),
            None => Earlier::find(experiment, &self.runs)?,
        };
        let earlier = earlier.map(Arc::new);
        known.extend(earlier.clone().map(|earlier| (key, earlier)));
        Ok(earlier)
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings that decide which images there are; a split is drawn from the seed.
fn image_settings(experiment: &Experiment) -> Vec<(String, String)> {
    let drawn = matches!(experiment.data.validation, Validation::Fraction(_));
    let settings = experiment.settings().into_iter();
    settings.filter(|(key, _)| key.starts_with("data.") || drawn && key == "seed").collect()
}

/// Training and validation images as an experiment names them.
pub(super) fn manifests(experiment: &Experiment, scan: &Scan<'_>) -> Result<(Manifest, Manifest), StageError> {
    let settings = &experiment.data;
    let mut options = convert::scan_options(settings);
    let train = scan(&settings.train, &options)?;
    match &settings.validation {
        Validation::Fraction(fraction) => Ok(data::split(&train, fraction.get(), experiment.seed.get())?),
        Validation::Folder(folder) => {
            options.classes = Some(train.classes.clone());
            let validation = scan(folder, &options)?;
            Ok((train, validation))
        }
    }
}
