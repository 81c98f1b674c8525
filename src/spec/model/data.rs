//! `[data]`, `[weights]`, `[bottleneck]`: what the features are made of.

use std::path::PathBuf;

use super::Listing;
use crate::spec::knobs::{
    BatchSize, Classes, LimitPerClass, OnBadImage, Precision, Preprocess, Resize, TargetSize, ValidationFraction,
};

/// `[data]`: the images.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// Folder of training images, one folder per class in it; absolute.
    pub train: PathBuf,
    /// Where validation images come from.
    pub validation: Validation,
    /// Classes and their order; `None`: all folders in byte order of their names.
    pub classes: Option<Classes>,
    /// Only the first images of each class, by sorted name; `None`: all.
    pub limit_per_class: Option<LimitPerClass>,
    /// Size of every image in the network.
    pub target_size: TargetSize,
    /// Resampling filter.
    pub resize: Resize,
    /// From grey levels to the network's input.
    pub preprocess: Preprocess,
    /// What an unreadable image does.
    pub on_bad_image: OnBadImage,
}

/// Where validation images come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Validation {
    /// A folder of their own, absolute.
    Folder(PathBuf),
    /// A stratified, seeded share of the training images.
    Fraction(ValidationFraction),
}

/// `[weights]`: of the convolutional base.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The file, absolute.
    pub path: PathBuf,
}

/// `[bottleneck]`: how features are extracted.
#[derive(Clone, Debug, PartialEq)]
pub struct Bottleneck {
    /// Images worked on together: speed and memory, never results.
    pub batch_size: BatchSize,
    /// Number format of the base.
    pub precision: Precision,
}

impl Data {
    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.path("train", &self.train);
        match &self.validation {
            Validation::Folder(folder) => out.path("validation", folder),
            Validation::Fraction(fraction) => out.knob("validation_fraction", fraction),
        }
        out.optional("classes", self.classes.as_ref());
        out.optional("limit_per_class", self.limit_per_class.as_ref());
        out.knob("target_size", &self.target_size);
        out.knob("resize", &self.resize);
        out.knob("preprocess", &self.preprocess);
        out.knob("on_bad_image", &self.on_bad_image);
    }
}

impl Weights {
    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.path("path", &self.path);
    }
}

impl Bottleneck {
    pub(super) fn list(&self, out: &mut Listing<'_>) {
        out.knob("batch_size", &self.batch_size);
        out.knob("precision", &self.precision);
    }
}
