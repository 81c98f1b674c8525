//! A run's network at work: predict, evaluate, export.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Format;

/// `frostline predict`
#[derive(Debug, Args)]
pub struct Predict {
    /// A path, an id, `name`, `name@latest` or `name@best`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Images, folders of images, or `-` for a list of them on stdin, one a line
    #[arg(required = true, value_name = "IMAGE")]
    pub images: Vec<PathBuf>,
    /// How to print the predictions
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Show so many classes, the most probable first
    #[arg(long, value_name = "N", default_value = "1")]
    pub top_k: std::num::NonZeroUsize,
}

/// `frostline evaluate`
#[derive(Debug, Args)]
pub struct Evaluate {
    /// A path, an id, `name`, `name@latest` or `name@best`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// A folder with one folder per class [default: the images that the run was validated on]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Also write the prediction of every image into this CSV file
    #[arg(long, value_name = "FILE")]
    pub predictions: Option<PathBuf>,
    /// How to print the measures
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline export`
#[derive(Debug, Args)]
pub struct Export {
    /// A path, an id, `name`, `name@latest` or `name@best`
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Tensors alone, or the whole graph from image to probabilities
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: FileFormat,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Also write the run's experiment, with every setting: `frostline run` on it makes the same network again
    #[arg(long, value_name = "FILE")]
    pub experiment: Option<PathBuf>,
    /// What the ONNX graph takes: RGB in 0..255 as bytes or as floats
    #[arg(long, value_enum, default_value = "uint8", value_name = "TYPE")]
    pub input: InputType,
}

/// A format that networks are exported in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    Safetensors,
    Onnx,
}

/// The type of an exported graph's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputType {
    Uint8,
    Float32,
}
