//! What augmentation makes of training images, for people to look at: the very images that fine-tuning sees.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::convert;
use super::error::StageError;
use super::finish::shown_path;
use super::prepare::Prepared;
use super::samples::Reading;
use crate::data::{Manifest, Pixels};
use crate::event::Stage;

/// A training image and its variations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Relative to the training folder.
    pub path: String,
    /// Its class.
    pub class: String,
    /// At the target size.
    pub original: Pixels,
    /// As the network sees it in epoch 0, 1, ...
    pub variants: Vec<Pixels>,
}

/// How many examples are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Images, of all classes in turn.
    pub images: usize,
    /// Epochs of each; never more than fine-tuning has.
    pub epochs: u32,
}

/// Examples of a run's augmented training images; none where it augments nothing. `skipped` are the files that the run left out, as
/// its summary has them: an image's place among the others decides what is drawn for it.
///
/// # Errors
///
/// An image is no longer what it was when the experiment was prepared.
pub fn examples(prepared: &Prepared, skipped: &[String], wanted: Wanted) -> Result<Vec<Example>, StageError> {
    let Some(fine_tune) = &prepared.experiment.fine_tune else { return Ok(Vec::new()) };
    let augment = convert::augment(&fine_tune.augment);
    if augment.is_identity() {
        return Ok(Vec::new());
    }
    let manifest = Arc::new(without(prepared, skipped));
    let reading = Reading::new(Stage::FineTune, prepared, &manifest, augment);
    let epochs = wanted.epochs.min(fine_tune.epochs.get());
    let example = |place: usize| -> Result<Example, StageError> {
        let (image, original) = (&manifest.images[place], reading.pixels(place as u32)?);
        let variant = |epoch| rounded(&original, &reading.augmented(epoch, place as u32, &original));
        Ok(Example {
            path: image.path.clone(),
            class: manifest.classes[image.class as usize].clone(),
            variants: (0..epochs).map(variant).collect(),
            original,
        })
    };
    in_turn(&manifest, wanted.images).into_iter().map(example).collect()
}

/// The training images that the run used.
fn without(prepared: &Prepared, skipped: &[String]) -> Manifest {
    let skipped: BTreeSet<&str> = skipped.iter().map(String::as_str).collect();
    let mut rest = (*prepared.train).clone();
    rest.images.retain(|image| !skipped.contains(shown_path(prepared, &prepared.train, &image.path).as_str()));
    rest
}

/// Places of the first images of each class: first, first, ..., second, second, ...
fn in_turn(manifest: &Manifest, count: usize) -> Vec<usize> {
    let mut seen = vec![0; manifest.classes.len()];
    let mut places: Vec<(usize, u32, usize)> = Vec::new();
    for (place, image) in manifest.images.iter().enumerate() {
        let nth = &mut seen[image.class as usize];
        places.push((*nth, image.class, place));
        *nth += 1;
    }
    places.sort_unstable();
    places.into_iter().take(count).map(|(_, _, place)| place).collect()
}

fn rounded(like: &Pixels, values: &[f32]) -> Pixels {
    let bytes = values.iter().map(|value| value.round().clamp(0.0, 255.0) as u8).collect();
    Pixels::new(like.height, like.width, bytes)
}
