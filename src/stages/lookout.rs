//! Preparing many experiments that share images and weights, again and again: what has not changed is not read again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::device;
use super::error::StageError;
use super::init::Earlier;
use super::prepare::{Images, Prepared, Weights, digest_of};
use super::run::identity;
use crate::clock::Clock;
use crate::data::{self, Digests, Stamp};
use crate::digest::Digest;
use crate::runs::{RunDir, Runs, State};
use crate::spec::Experiment;
use crate::spec::knobs::Preprocess;
use crate::spec::model::{Data, Validation};

/// How long a look at folders of images is taken for the present. Within it, a thousand experiments on the same images
/// cost one look; an image that changes after the look is never used under its old digest, for loading checks it.
const FRESH: Duration = Duration::from_secs(1);

/// As [`prepare`](super::prepare()), with a memory.
///
/// What says that a file is the same is its path, length, times and number; whatever differs is read again.
#[derive(Debug)]
pub struct Lookout {
    clock: Arc<dyn Clock>,
    digests: Digests,
    looks: Mutex<Vec<Look>>,
    weights: Mutex<Vec<Known>>,
}

/// A look at the images of some experiments.
#[derive(Debug)]
struct Look {
    data: Data,
    /// Where it decides which images validate.
    seed: Option<u64>,
    at: Duration,
    images: Images,
}

/// A file of weights.
#[derive(Debug)]
struct Known {
    path: PathBuf,
    preprocess: Preprocess,
    stamp: Stamp,
    weights: Weights,
}

impl Lookout {
    /// Remembers nothing yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, digests: Digests::default(), looks: Mutex::default(), weights: Mutex::default() }
    }

    /// An experiment with its images and weights, and the earlier run that its top goes on from, as they are now, give or
    /// take a second.
    ///
    /// # Errors
    ///
    /// As [`prepare`](super::prepare()).
    pub fn prepare(&self, experiment: Experiment, runs: &Runs) -> Result<Prepared, StageError> {
        let engine = device::engine(experiment.device)?;
        let images = self.images(&experiment, FRESH)?;
        let weights = self.weights(&experiment)?;
        let earlier = Earlier::find(&experiment, runs)?;
        Prepared::of((experiment, engine), images, weights, earlier.as_ref())
    }

    /// The identity of an experiment's images, as they are at this moment.
    ///
    /// # Errors
    ///
    /// Where folders or images are unusable.
    pub fn images_digest(&self, experiment: &Experiment) -> Result<Digest, StageError> {
        Ok(self.images(experiment, Duration::ZERO)?.digest())
    }

    /// Lets go of the weights' values: nothing is to be run for a while.
    pub fn rest(&self) {
        self.weights.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn images(&self, experiment: &Experiment, fresh: Duration) -> Result<Images, StageError> {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        looks.retain(|look| now.saturating_sub(look.at) < FRESH);
        let seed = matches!(experiment.data.validation, Validation::Fraction(_)).then(|| experiment.seed.get());
        let is_same = |look: &&Look| look.data == experiment.data && look.seed == seed;
        if let Some(look) = looks.iter().find(is_same).filter(|look| now.saturating_sub(look.at) < fresh) {
            return Ok(look.images.clone());
        }
        let wall = self.clock.now();
        let images = Images::look(experiment, &|root, options| data::scan_again(root, options, &self.digests, wall))?;
        looks.retain(|look| !is_same(&look));
        looks.push(Look { data: experiment.data.clone(), seed, at: now, images: images.clone() });
        Ok(images)
    }

    fn weights(&self, experiment: &Experiment) -> Result<Weights, StageError> {
        let (path, preprocess) = (&experiment.weights.path, experiment.data.preprocess);
        let stamp = std::fs::metadata(path).ok().and_then(|metadata| Stamp::of(&metadata));
        let stamp = stamp.filter(|stamp| stamp.is_settled(self.clock.now()));
        let mut files = self.weights.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&Known| known.path == *path && known.preprocess == preprocess;
        if let Some(known) = files.iter().find(is_it).filter(|known| Some(known.stamp) == stamp) {
            return Ok(known.weights.clone());
        }
        let weights = Weights::read(experiment)?;
        files.retain(|known| !is_it(&known));
        let (path, kept) = (path.clone(), weights.clone());
        files.extend(stamp.map(|stamp| Known { path, preprocess, stamp, weights: kept }));
        Ok(weights)
    }
}

impl Prepared {
    /// The run of this very experiment on these images and weights, if it is done.
    ///
    /// # Errors
    ///
    /// Runs that cannot be read.
    pub fn done(&self, runs: &Runs) -> Result<Option<RunDir>, StageError> {
        let found = runs.find(self.experiment.name.as_str(), &identity(self))?;
        Ok(found.filter(|(_, state)| *state == State::Done).map(|(run, _)| run))
    }

    /// The identity of the images, as [`Lookout::images_digest`] gives it.
    pub fn images_digest(&self) -> Digest {
        digest_of(&self.train, &self.validation)
    }
}
