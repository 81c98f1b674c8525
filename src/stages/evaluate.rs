//! A trained network against labelled images: the numbers that the run itself would have written.

use std::path::Path;

use super::convert;
use super::error::StageError;
use super::finish;
use super::prepare::manifests;
use super::stream::{Gathered, ImageStream, Listed};
use super::trained::TrainedRun;
use crate::data::{self, LoadError, Manifest, OnAbsentClass, OnBadImage, ScanOptions, Skipped};
use crate::runs::PredictionRow;
use crate::spec::knobs;
use crate::stop::StopToken;
use crate::train::{Batch, Evaluation, Examination, Settings, Targets};

/// What a network made of labelled images.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Mean loss, penalties included as in `metrics.csv`, and accuracy.
    pub metrics: Evaluation,
    /// Every image that could be used, in the order of the manifest.
    pub predictions: Vec<PredictionRow>,
    /// Files that could not be used.
    pub skipped: Vec<Skipped>,
}

/// Labelled images for a network.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Images of the run's classes, in the run's order; of some classes there may be none.
    pub images: Manifest,
    /// Folders that are none of the run's classes, and how many images are in each.
    pub left_out: Vec<(String, usize)>,
}

impl Labelled {
    /// What whoever reads the scores should know of the images, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let root = &self.images.root;
        let left_out = self.left_out.iter().map(|(name, images)| {
            format!("left out `{}`, {images} images: the run has no such class", root.join(name).display())
        });
        let absent = self.images.counts().into_iter().zip(&self.images.classes).filter(|(images, _)| *images == 0);
        let absent = absent.map(|(_, class)| format!("no images of `{class}` in `{}`", root.display()));
        left_out.chain(absent).collect()
    }
}

impl TrainedRun {
    /// The labelled images in a folder with one folder per class, as many as there are; without a folder, those that the run
    /// itself was validated on. Files that are no images are listed in the manifest, folders of other classes beside it.
    ///
    /// # Errors
    ///
    /// The folder has none of the run's classes, or cannot be read.
    pub fn labelled(&self, folder: Option<&Path>) -> Result<Labelled, StageError> {
        let Some(folder) = folder else {
            let (_, images) = manifests(&self.experiment, &data::scan)?;
            return Ok(Labelled { images, left_out: Vec::new() });
        };
        let options = ScanOptions {
            classes: Some(self.classes.clone()),
            limit_per_class: None,
            on_bad_image: OnBadImage::Skip,
            on_absent_class: OnAbsentClass::Allow,
        };
        let images = data::scan(folder, &options)?;
        Ok(Labelled { images, left_out: data::left_out(folder, &self.classes)? })
    }

    /// Whether the run's spec takes unusable images for granted.
    pub fn skips_bad_images(&self) -> bool {
        self.experiment.data.on_bad_image == knobs::OnBadImage::Skip
    }
}

/// Shows a network labelled images. Ends early, with nothing, when a stop is asked for.
///
/// On the images that the run was validated on, the metrics are those of the last row of its `metrics.csv`, or of its best
/// where that was restored, and the predictions those of its `predictions.csv`, to the bit.
///
/// # Errors
///
/// The network cannot be built from its parts.
pub fn evaluate(run: &TrainedRun, images: &Manifest, stop: &StopToken) -> Result<Option<Examined>, StageError> {
    let settings = last_stage(run);
    let mut network = run.network()?;
    let mut examination = Examination::new(network.model.as_ref(), settings.penalty);
    let mut files = images.images.iter().map(|image| Listed::File(Ok(images.path_of(image))));
    let mut stream = ImageStream::new(&mut files, run.reading(settings.batch_size));
    let (mut gathered, mut probabilities) = (Gathered::default(), Vec::new());
    let (mut predictions, mut skipped) = (Vec::new(), images.skipped.clone());
    loop {
        stream.next_batch(&mut gathered, &mut |place, error| skipped.push(why(images, place, &error)));
        let count = gathered.images.len();
        if count == 0 {
            return Ok(Some(Examined { metrics: examination.evaluation(), predictions, skipped }));
        }
        if stop.is_requested() {
            return Ok(None);
        }
        let of_batch = gathered.images.iter().map(|(place, _)| &images.images[*place]);
        let labels: Vec<u32> = of_batch.clone().map(|image| image.class).collect();
        probabilities.resize(count * run.classes.len(), 0.0);
        let (model, inputs) = network.parts(&gathered.values, count)?;
        let targets = Targets { labels: &labels, class_weights: None };
        examination.add(model, Batch { inputs, targets }, &mut probabilities)?;
        let rows = of_batch.zip(probabilities.chunks_exact(run.classes.len()));
        predictions.extend(rows.map(|(image, probabilities)| {
            finish::prediction(&image.path, &run.classes[image.class as usize], &run.classes, probabilities)
        }));
    }
}

/// How the stage that came last was trained.
fn last_stage(run: &TrainedRun) -> Settings {
    match &run.experiment.fine_tune {
        Some(settings) => convert::fine_tune_settings(&run.experiment, settings),
        None => convert::top_settings(&run.experiment),
    }
}

fn why(images: &Manifest, place: usize, error: &LoadError) -> Skipped {
    Skipped { path: images.images[place].path.clone(), reason: error.to_string() }
}
