//! A validation set out of a training folder: stratified, seeded, and stable as the data grows.

use std::path::Path;

use super::manifest::{Image, Manifest};
use super::problem::{DataError, Problem};
use crate::rng::{Purpose, Stream};

/// Splits each class in the same proportion: (training, validation). `fraction` is validation's share, above 0 and
/// below 1; each class gives at least one image to both sides.
///
/// Images are ranked by a draw that depends on the seed and on their content, and the first of the ranking validate. So
/// renaming files changes nothing, adding an image moves at most a few others, and copies of one image of a class end on
/// the same side, unless the class has nothing else.
///
/// # Errors
/// Every class with fewer than two images.
pub fn split(all: &Manifest, fraction: f64, seed: u64) -> Result<(Manifest, Manifest), DataError> {
    assert!(fraction > 0.0 && fraction < 1.0, "a fraction of validation images lies between 0 and 1");
    check_sizes(all)?;
    let mut validates = vec![false; all.images.len()];
    for class in 0..all.classes.len() {
        choose(all, class as u32, fraction, seed).into_iter().for_each(|index| validates[index] = true);
    }
    let side = |wanted: bool| -> Vec<Image> {
        let chosen = all.images.iter().zip(&validates).filter(|(_, validates)| **validates == wanted);
        chosen.map(|(image, _)| image.clone()).collect()
    };
    let train = Manifest { images: side(false), ..all.clone() };
    let validation = Manifest { images: side(true), skipped: Vec::new(), ..all.clone() };
    Ok((train, validation))
}

fn check_sizes(all: &Manifest) -> Result<(), DataError> {
    let small = all.counts().into_iter().zip(&all.classes).filter(|(count, _)| *count < 2);
    let problem = |(count, class): (usize, &String)| Problem::TooFewToSplit { class: class.clone(), count };
    DataError::unless_empty(Path::new(&all.root), small.map(problem).collect())
}

/// Indices of the images of one class that validate.
fn choose(all: &Manifest, class: u32, fraction: f64, seed: u64) -> Vec<usize> {
    let of_class = (0..all.images.len()).filter(|&index| all.images[index].class == class);
    let mut ranked: Vec<usize> = of_class.collect();
    ranked.sort_by_cached_key(|&index| (rank(&all.images[index], seed), all.images[index].digest, index));
    let total = ranked.len();
    let wanted = ((total as f64 * fraction).round() as usize).clamp(1, total - 1);
    let same = |a: usize, b: usize| all.images[ranked[a]].digest == all.images[ranked[b]].digest;
    let whole = (wanted..total).find(|&border| !same(border - 1, border)).unwrap_or(wanted);
    ranked.truncate(whole);
    ranked
}

/// The image's draw: a pure function of the seed and its content.
fn rank(image: &Image, seed: u64) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&image.digest.as_bytes()[..8]);
    Stream::new(seed, Purpose::Split, 0, u64::from_le_bytes(first)).next_u64()
}
