//! The network of a finished run, put together again from the run's own files, for images that it has not seen.
//!
//! It is the network that wrote the run's `predictions.csv`: the same images get the same bits.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::convert;
use super::error::StageError;
use super::model_file::{self, ModelFile, ModelFileError, ModelFileProblem};
use super::stream::{Files, Gathered, ImageStream, Reading};
use crate::data::LoadError;
use crate::net::{self, BaseWeights, CONVOLUTIONS, FrozenBase, FrozenSpec};
use crate::runs::RunDir;
use crate::spec::Experiment;
use crate::spec::knobs::Precision;
use crate::stop::StopToken;
use crate::train::{FineTuneModel, FineTuneSpec, Model, ModelError, NamedTensor, TopModel};
use crate::weights::{self, Origin};

/// The file of a run that holds its network.
pub(super) const MODEL: &str = "model.safetensors";
/// What the names of the top's tensors begin with.
pub(super) const TOP: &str = "classifier.";

/// A finished run's network and all that is needed to use it.
#[derive(Clone, Debug)]
pub struct TrainedRun {
    /// The run's spec.
    pub experiment: Experiment,
    /// The classes, in the order of their indices.
    pub classes: Vec<String>,
    /// The base's weights as the run began with them.
    pub(super) weights: BaseWeights,
    /// Whose training those are.
    pub(super) origin: Origin,
    /// What the run trained.
    pub(super) tensors: Vec<NamedTensor>,
    path: PathBuf,
}

/// What came of a file.
#[derive(Debug)]
pub enum Seen<'a> {
    /// It is an image, with these probabilities, one a class.
    Image {
        /// The file.
        path: &'a Path,
        /// They sum to one.
        probabilities: &'a [f32],
    },
    /// It cannot be used.
    Unusable(LoadError),
}

impl TrainedRun {
    /// Reads a run's network. `experiment` is the run's `spec.toml`, loaded.
    ///
    /// # Errors
    ///
    /// The run has no network, or a damaged one, or the base's weights are no longer those that it was trained on.
    pub fn open(run: &RunDir, experiment: Experiment) -> Result<Self, StageError> {
        let path = run.file(MODEL);
        let ModelFile { tensors, classes, weights: digest } = model_file::read(&path)?;
        let imported = weights::read_vgg16(&experiment.weights.path)?;
        let origin = imported.origin.clone();
        let weights = convert::base_weights(imported);
        if weights.digest() != digest {
            let problem = ModelFileProblem::OtherWeights { path: experiment.weights.path.clone() };
            return Err(ModelFileError { path, problem }.into());
        }
        Ok(Self { experiment, classes, weights, origin, tensors, path })
    }

    /// Shows the network images of any number, in order. `each` is told what comes of every file, and may end it.
    ///
    /// # Errors
    ///
    /// The network cannot be built from its parts. A file that is no usable image is no error.
    pub fn predict(
        &self,
        files: &mut Files<'_>,
        stop: &StopToken,
        each: &mut dyn FnMut(Seen<'_>) -> ControlFlow<()>,
    ) -> Result<(), StageError> {
        let mut network = self.network()?;
        let batch = self.experiment.bottleneck.batch_size.get() as usize;
        let mut images = ImageStream::new(files, self.reading(batch));
        let (mut gathered, mut bad, mut probabilities) = (Gathered::default(), Vec::new(), Vec::new());
        let mut may_go_on = true;
        while may_go_on && !stop.is_requested() {
            may_go_on = images.next_batch(&mut gathered, &mut |_, error| bad.push(error));
            for error in bad.drain(..) {
                if each(Seen::Unusable(error)).is_break() {
                    return Ok(());
                }
            }
            let count = gathered.images.len();
            if count == 0 {
                continue;
            }
            probabilities.resize(count * self.classes.len(), 0.0);
            let (model, samples) = network.parts(&gathered.values, count)?;
            model.predict(samples, count, &mut probabilities)?;
            let rows = gathered.images.iter().zip(probabilities.chunks_exact(self.classes.len()));
            for ((_, path), probabilities) in rows {
                if each(Seen::Image { path, probabilities }).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// How the run reads images.
    pub(super) fn reading(&self, batch: usize) -> Reading {
        let settings = &self.experiment.data;
        Reading { target: convert::target(settings), preprocess: convert::preprocess(settings), batch }
    }

    /// Builds the network: the frozen part of the base, and what was trained behind it.
    pub(super) fn network(&self) -> Result<Network, StageError> {
        let (depth, precision) = self.frozen();
        let model = self.model()?;
        let base = self.base(depth, precision)?;
        Ok(Network { base, model, activations: Vec::new() })
    }

    /// How many convolutions were not trained, and how they are computed.
    fn frozen(&self) -> (usize, Precision) {
        match &self.experiment.fine_tune {
            Some(settings) => (settings.frozen_layers.get() as usize, settings.frozen_precision),
            None => (CONVOLUTIONS, self.experiment.bottleneck.precision),
        }
    }

    /// The precision of the run's least precise layers: that of its predictions.
    pub fn precision(&self) -> Precision {
        match self.frozen() {
            (0, _) => Precision::F32,
            (_, precision) => precision,
        }
    }

    fn base(&self, depth: usize, precision: Precision) -> Result<Box<dyn FrozenBase>, StageError> {
        let [height, width] = self.size();
        let spec = FrozenSpec { from: 0, to: depth, height, width, precision: convert::precision(precision) };
        Ok(net::frozen_base(&self.weights, &spec)?)
    }

    /// Builds what was trained, which holds the tensors to the shapes that the spec asks for.
    pub(super) fn model(&self) -> Result<Box<dyn Model>, StageError> {
        self.build().map_err(|problem| {
            ModelFileError { path: self.path.clone(), problem: ModelFileProblem::Model(problem) }.into()
        })
    }

    fn build(&self) -> Result<Box<dyn Model>, ModelError> {
        let dropout = self.experiment.top.dropout.get();
        let top = convert::top_shape_for(&self.experiment, self.classes.len(), dropout);
        let Some(settings) = &self.experiment.fine_tune else {
            return Ok(Box::new(TopModel::from_parameters(&top, &self.tensors)?));
        };
        let [height, width] = self.size();
        let spec = FineTuneSpec { frozen: settings.frozen_layers.get() as usize, height, width, top };
        let of_top: Vec<NamedTensor> =
            self.tensors.iter().filter(|tensor| tensor.name.starts_with(TOP)).cloned().collect();
        let mut model = FineTuneModel::new(&self.weights, &spec, &of_top)?;
        model.import(&self.tensors)?;
        Ok(Box::new(model))
    }

    /// Height and width of an image.
    pub(super) fn size(&self) -> [usize; 2] {
        let size = self.experiment.data.target_size;
        [size.height as usize, size.width as usize]
    }
}

/// A trained network in parts: images go through the base, activations through the model.
pub(super) struct Network {
    base: Box<dyn FrozenBase>,
    pub model: Box<dyn Model>,
    activations: Vec<f32>,
}

impl Network {
    /// The model, and the samples that the frozen part makes of a batch of images for it.
    pub fn parts(&mut self, images: &[f32], count: usize) -> Result<(&mut dyn Model, &[f32]), StageError> {
        self.activations.resize(count * self.base.output_shape().iter().product::<usize>(), 0.0);
        self.base.run(images, count, &mut self.activations)?;
        Ok((self.model.as_mut(), &self.activations))
    }
}
