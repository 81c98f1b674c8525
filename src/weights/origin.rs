//! Whose training some weights are: known by their values, or as the file tells.

use std::fmt;

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::digest::Digest;

use super::imported::{Convolution, Preprocess, digest_of};

/// A training of VGG16 that frostline knows by its values.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownOrigin {
    /// Its name.
    pub name: &'static str,
    /// The licence of the weights, as SPDX names it.
    pub license: &'static str,
    /// What it expects of images.
    pub preprocess: Preprocess,
    /// The digest of its values, each rounded to f16: the same for its f32 and its f16 files.
    half_digest: &'static str,
}

/// The trainings that frostline knows.
pub const KNOWN_ORIGINS: &[KnownOrigin] = &[KnownOrigin {
    name: "Oxford VGG, Simonyan & Zisserman 2014, as distributed with Keras Applications",
    license: "CC-BY-4.0",
    preprocess: Preprocess::Caffe,
    half_digest: "4b653d22aec4bd66ab6ce72a69de670c62be0ec66bc28e87aee2b22de39888e4",
}];

/// Whose training some weights are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A known one, by its values.
    Known(&'static KnownOrigin),
    /// As the file's metadata tells, unchecked.
    Told {
        /// The origin.
        text: String,
        /// The licence, where it is told too.
        license: Option<String>,
    },
    /// Nobody knows.
    Unknown,
}

impl Origin {
    /// The licence, where it is known or told.
    pub fn license(&self) -> Option<&str> {
        match self {
            Self::Known(known) => Some(known.license),
            Self::Told { license, .. } => license.as_deref(),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(known) => known.name,
            Self::Told { text, .. } => text,
            Self::Unknown => "unknown",
        })
    }
}

/// The digest by which a training is known, whatever float type its file has.
pub fn half_digest(convolutions: &[Convolution]) -> Digest {
    let halves: Vec<Convolution> = convolutions
        .iter()
        .map(|layer| Convolution { weights: round(&layer.weights), bias: round(&layer.bias), ..*layer })
        .collect();
    digest_of(&halves)
}

fn round(values: &[f32]) -> Vec<f32> {
    let mut halves = vec![f16::ZERO; values.len()];
    halves.convert_from_f32_slice(values);
    let mut rounded = vec![0.0; values.len()];
    halves.convert_to_f32_slice(&mut rounded);
    rounded
}

/// The known training that has these values.
pub(super) fn recognise(convolutions: &[Convolution]) -> Option<&'static KnownOrigin> {
    let digest = half_digest(convolutions).to_string();
    KNOWN_ORIGINS.iter().find(|known| known.half_digest == digest)
}

/// Turns the input channels of the first convolution round: weights for RGB become weights for BGR.
pub(super) fn swap_channels(convolutions: &mut [Convolution]) {
    let Some(first) = convolutions.first_mut() else { return };
    for kernel in first.weights.chunks_exact_mut(first.inputs * 9) {
        let mut turned: Vec<f32> = kernel.chunks_exact(9).rev().flatten().copied().collect();
        kernel.swap_with_slice(&mut turned);
    }
}
