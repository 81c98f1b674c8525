//! Pictures that a page shows besides its plots: validation images, and what augmentation makes of training images.

use crate::data::Pixels;

/// One training image and what augmentation made of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Augmented {
    /// The image's path.
    pub path: String,
    /// Its class.
    pub class: String,
    /// The image as it was before augmentation, at the target size.
    pub original: Option<Pixels>,
    /// What the network saw, epoch by epoch, as red, green and blue.
    pub variants: Vec<Pixels>,
}

/// Where a page gets its pictures from.
pub struct Pictures<'a> {
    /// The picture behind a path of `predictions.csv`, of any size; none where it can no longer be read.
    pub validation: &'a dyn Fn(&str) -> Option<Pixels>,
    /// Examples of augmented training images.
    pub augmented: Vec<Augmented>,
}

impl Pictures<'static> {
    /// No pictures at all: pages name the paths alone.
    pub fn none() -> Self {
        Self { validation: &|_| None, augmented: Vec::new() }
    }
}
