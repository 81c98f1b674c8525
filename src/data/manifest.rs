//! What images a folder holds: the plain data, without the walking.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::problem::{DataError, Problem};
use crate::digest::Digest;

/// One image file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Relative to the manifest's root, with `/` between its parts.
    pub path: String,
    /// Index into [`Manifest::classes`].
    pub class: u32,
    /// Of the file's bytes.
    pub digest: Digest,
    /// The file's length.
    pub bytes: u64,
}

/// A file that would have been an image, had it been readable as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Relative to the manifest's root, with `/` between its parts.
    pub path: String,
    /// Why, as a lower-case sentence.
    pub reason: String,
}

/// The images under one root: classes in the order of their indices, images by class and then in byte order of their
/// paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The folder of class folders.
    pub root: PathBuf,
    /// At least two names; the position is the class index.
    pub classes: Vec<String>,
    /// Every class has at least one, unless absent classes were allowed.
    pub images: Vec<Image>,
    /// What was left out, and why.
    pub skipped: Vec<Skipped>,
}

impl Manifest {
    /// Images per class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.images.iter().for_each(|image| counts[image.class as usize] += 1);
        counts
    }

    /// The class of each image, in order.
    pub fn labels(&self) -> Vec<u32> {
        self.images.iter().map(|image| image.class).collect()
    }

    /// Where an image lies.
    pub fn path_of(&self, image: &Image) -> PathBuf {
        path_under(&self.root, &image.path)
    }

    /// Path and label of each image, in order: the rows of a listing beside saved features.
    pub fn listing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.images.iter().map(|image| (image.path.as_str(), self.classes[image.class as usize].as_str()))
    }

    /// The identity of the data: class names and, in order, the content and class of each image. Paths do not enter, so
    /// a moved folder is the same data, as are renamed files that keep their order.
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::with_capacity(self.images.len() * 36);
        for class in &self.classes {
            bytes.extend_from_slice(&(class.len() as u64).to_le_bytes());
            bytes.extend_from_slice(class.as_bytes());
        }
        for image in &self.images {
            bytes.extend_from_slice(image.digest.as_bytes());
            bytes.extend_from_slice(&image.class.to_le_bytes());
        }
        Digest::of(&bytes)
    }

    /// The manifest without some of its images, which move to [`Manifest::skipped`]: (index, reason) pairs, in any
    /// order. Errs where a class would be left empty.
    pub fn without(&self, bad: &[(usize, String)]) -> Result<Self, DataError> {
        let mut bad: Vec<_> = bad.iter().collect();
        bad.sort_by_key(|(index, _)| *index);
        bad.dedup_by_key(|(index, _)| *index);
        let is_bad = |index: usize| bad.binary_search_by_key(&index, |(index, _)| *index).is_ok();
        let mut rest = Self { images: Vec::new(), ..self.clone() };
        rest.images = (0..self.images.len()).filter(|&i| !is_bad(i)).map(|i| self.images[i].clone()).collect();
        rest.skipped.extend(
            bad.iter().map(|(i, reason)| Skipped { path: self.images[*i].path.clone(), reason: reason.clone() }),
        );
        rest.check_classes()?;
        Ok(rest)
    }

    /// Errs with every class that has no image.
    pub(super) fn check_classes(&self) -> Result<(), DataError> {
        let empty = self.counts().into_iter().zip(&self.classes).filter(|(count, _)| *count == 0);
        let problems: Vec<_> = empty.map(|(_, class)| Problem::EmptyClass { class: class.clone() }).collect();
        DataError::unless_empty(&self.root, problems)
    }
}

/// A manifest path as a path of this system.
pub fn path_under(root: &Path, relative: &str) -> PathBuf {
    relative.split('/').fold(root.to_path_buf(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(paths: &[(&str, u32)]) -> Manifest {
        let image = |&(path, class): &(&str, u32)| Image {
            path: path.to_owned(),
            class,
            digest: Digest::of(path.as_bytes()),
            bytes: 1,
        };
        Manifest {
            root: PathBuf::from("photos"),
            classes: vec!["cats".to_owned(), "dogs".to_owned()],
            images: paths.iter().map(image).collect(),
            skipped: Vec::new(),
        }
    }

    #[test]
    fn the_digest_knows_contents_classes_and_order_but_no_paths() {
        let base = manifest(&[("cats/a", 0), ("dogs/b", 1)]);
        let mut moved = base.clone();
        moved.root = PathBuf::from("elsewhere");
        moved.images[0].path = "cats/renamed".to_owned();
        assert_eq!(moved.digest(), base.digest());
        let mut relabelled = base.clone();
        relabelled.images[0].class = 1;
        assert_ne!(relabelled.digest(), base.digest());
        assert_ne!(manifest(&[("dogs/b", 1), ("cats/a", 0)]).digest(), base.digest());
    }

    #[test]
    fn dropped_images_are_listed_as_skipped() {
        let base = manifest(&[("cats/a", 0), ("cats/b", 0), ("dogs/c", 1)]);
        let rest = base.without(&[(0, "truncated".to_owned())]).expect("each class keeps one");
        assert_eq!(rest.listing().collect::<Vec<_>>(), [("cats/b", "cats"), ("dogs/c", "dogs")]);
        assert_eq!(rest.skipped, [Skipped { path: "cats/a".to_owned(), reason: "truncated".to_owned() }]);
    }

    #[test]
    fn dropping_the_last_image_of_a_class_is_an_error_that_names_it() {
        let base = manifest(&[("cats/a", 0), ("dogs/c", 1)]);
        let error = base.without(&[(1, "truncated".to_owned())]).expect_err("dogs are gone");
        assert!(error.to_string().contains("`dogs`"), "{error}");
    }
}
