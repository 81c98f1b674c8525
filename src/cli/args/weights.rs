//! `frostline weights`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

/// `frostline weights`
#[derive(Debug, Subcommand)]
pub enum WeightsVerb {
    /// List the weights that are here, and those that can be fetched
    List(WeightsList),
    /// Read a Keras, PyTorch, safetensors or ONNX file and write its VGG16 base as frostline's own file
    Import(WeightsImport),
    /// Say whether files hold a usable VGG16 base, and whose training it is
    Verify(WeightsVerify),
    /// Download public weights into the user's cache, held to a known digest
    Fetch(WeightsFetch),
}

/// `frostline weights list`
#[derive(Debug, Args)]
pub struct WeightsList {
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline weights import`
#[derive(Debug, Args)]
pub struct WeightsImport {
    /// A Keras .h5, .weights.h5 or .keras, a PyTorch .pth or .pt, a safetensors or an ONNX file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file to write [default: `weights/` of the project, under the file's name]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What the weights expect of images, where the file does not say it or is wrong
    #[arg(long, value_enum, value_name = "WHAT")]
    pub preprocess: Option<Expects>,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
}

/// What weights expect of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Expects {
    /// BGR minus ImageNet's mean
    Caffe,
    /// RGB / 255, minus mean, over standard deviation
    Torch,
    /// RGB / 255
    Unit,
}

/// `frostline weights verify`
#[derive(Debug, Args)]
pub struct WeightsVerify {
    /// The files [default: all in `weights/` of the project and in the cache]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How to print the table
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
}

/// `frostline weights fetch`
#[derive(Debug, Args)]
pub struct WeightsFetch {
    /// One of those that `weights list` shows: keras-notop, torchvision, torchvision-bn, timm
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Take the file from this address instead, as from a mirror; it is held to the same digest
    #[arg(long, value_name = "URL")]
    pub from: Option<String>,
}
