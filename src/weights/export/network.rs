//! What an exported file holds, whatever its format.

use std::collections::BTreeMap;

use crate::net::Activation;
use crate::weights::{Convolution, Preprocess};

/// A fully connected layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Width of its input.
    pub inputs: usize,
    /// Width of its output.
    pub outputs: usize,
    /// `outputs x inputs` values, row-major.
    pub weights: Vec<f32>,
    /// One value an output.
    pub bias: Vec<f32>,
}

/// The type of the images that an exported graph takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageInput {
    /// Bytes.
    Uint8,
    /// Floats in 0..=255.
    Float32,
}

/// A trained network: VGG16's base, flattened in the order channels, rows, columns, and dense layers on it.
#[derive(Clone, Debug)]
pub struct TrainedNetwork {
    /// The 13 convolutions, from the image.
    pub convolutions: Vec<Convolution>,
    /// The dense layers, from the features. One output is the probability of the second of two classes.
    pub dense: Vec<Dense>,
    /// What follows each dense layer but the last.
    pub activation: Activation,
    /// The classes, in the order of their indices.
    pub classes: Vec<String>,
    /// What is done to images.
    pub preprocess: Preprocess,
    /// Height and width of an image.
    pub size: [usize; 2],
    /// What else is to be known: goes into the file's metadata as it is.
    pub metadata: BTreeMap<String, String>,
}

impl TrainedNetwork {
    /// Whether two classes share one output.
    pub(super) fn is_binary(&self) -> bool {
        self.dense.last().is_some_and(|last| last.outputs == 1)
    }

    /// The metadata with what the network itself tells: how to read its input and its output.
    pub(super) fn described(&self) -> BTreeMap<String, String> {
        let mut metadata = self.metadata.clone();
        let [height, width] = self.size;
        let mut tell = |key: &str, value: String| metadata.insert(key.to_owned(), value);
        tell("architecture", "vgg16".to_owned());
        tell("classes", serde_json::json!(self.classes).to_string());
        tell("preprocess", self.preprocess.word().to_owned());
        tell("target_size", format!("[{height}, {width}]"));
        tell("activation", word(self.activation).to_owned());
        tell("output", if self.is_binary() { "sigmoid" } else { "softmax" }.to_owned());
        metadata
    }
}

/// The word that experiment files use.
fn word(activation: Activation) -> &'static str {
    match activation {
        Activation::Linear => "linear",
        Activation::Relu => "relu",
        Activation::Tanh => "tanh",
        Activation::Sigmoid => "sigmoid",
        Activation::Elu => "elu",
    }
}
