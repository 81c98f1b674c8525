//! Weights as frostline uses them, whatever file they came in.

use std::fmt;

use crate::digest::Digest;

use super::error::{Fault, Problem};
use super::origin::Origin;
use super::shape::{CONVOLUTIONS, VggShape};

/// One 3x3 convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// Channels of its input.
    pub inputs: usize,
    /// Channels of its output.
    pub outputs: usize,
    /// `outputs x inputs x 3 x 3` values, row-major; correlation, as every current framework has it.
    pub weights: Vec<f32>,
    /// One value an output channel.
    pub bias: Vec<f32>,
}

/// What was done to the images that the weights were trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preprocess {
    /// BGR in 0..255 minus the ImageNet mean [103.939, 116.779, 123.68].
    Caffe,
    /// RGB / 255, minus [0.485, 0.456, 0.406], over [0.229, 0.224, 0.225].
    Torch,
    /// RGB / 255.
    Unit,
}

impl Preprocess {
    /// The word that experiment files use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Caffe => "caffe",
            Self::Torch => "torch",
            Self::Unit => "unit",
        }
    }

    /// The preprocessing of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Caffe, Self::Torch, Self::Unit].into_iter().find(|preprocess| preprocess.word() == word)
    }
}

impl fmt::Display for Preprocess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How the preprocessing of some weights is known, from the surest to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The values are those of a known training.
    Digest,
    /// The file's metadata says so.
    Metadata,
    /// The graph in the file does it itself.
    Graph,
    /// The framework that wrote the file usually does it.
    Convention,
    /// It is not known.
    Unknown,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest => "its values",
            Self::Metadata => "its metadata",
            Self::Graph => "its graph",
            Self::Convention => "its form",
            Self::Unknown => "nothing",
        })
    }
}

/// The form in which weights were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFormat {
    /// HDF5 as Keras writes it: a whole model, or weights, of any Keras since 1.0.
    KerasHdf5,
    /// A `.keras` archive.
    KerasArchive,
    /// `torch.save` since PyTorch 1.6.
    TorchZip,
    /// `torch.save` before PyTorch 1.6.
    TorchPickle,
    /// safetensors, whoever wrote it.
    Safetensors,
    /// An ONNX graph.
    Onnx,
}

impl fmt::Display for SourceFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KerasHdf5 => "Keras HDF5",
            Self::KerasArchive => "Keras archive",
            Self::TorchZip => "PyTorch checkpoint",
            Self::TorchPickle => "PyTorch checkpoint before 1.6",
            Self::Safetensors => "safetensors",
            Self::Onnx => "ONNX graph",
        })
    }
}

/// The convolutional base of a VGG16, read from a file of any known form.
#[derive(Clone, Debug)]
pub struct Imported {
    /// All 13 convolutions, from the input; batch normalisation is folded in.
    pub convolutions: Vec<Convolution>,
    /// The form of the file.
    pub source: SourceFormat,
    /// Whose training this is.
    pub origin: Origin,
    /// What the weights expect of images, where that is known or usual.
    pub preprocess: Option<Preprocess>,
    /// How [`Self::preprocess`] is known.
    pub basis: Basis,
    /// What a reader of `weights import` should know: what was folded, turned or left out.
    pub notes: Vec<String>,
}

impl Imported {
    /// The channel counts.
    pub fn shape(&self) -> VggShape {
        let mut channels = [0; CONVOLUTIONS + 1];
        channels[0] = self.convolutions.first().map_or(0, |first| first.inputs);
        for (channel, convolution) in channels[1..].iter_mut().zip(&self.convolutions) {
            *channel = convolution.outputs;
        }
        VggShape(channels)
    }

    /// The identity of the weights: a digest of shapes and f32 values, the same for every file that holds them.
    pub fn digest(&self) -> Digest {
        digest_of(&self.convolutions)
    }

    /// Holds the weights to the real VGG16's channel counts.
    pub fn require_vgg16(&self) -> Result<(), Problem> {
        let faults: Vec<Fault> = self
            .convolutions
            .iter()
            .enumerate()
            .filter(|(index, found)| VggShape::VGG16.channels(*index) != (found.inputs, found.outputs))
            .map(|(index, found)| {
                let (inputs, outputs) = VggShape::VGG16.channels(index);
                Fault::Misshapen {
                    name: format!("convolution {}", index + 1),
                    expected: format!("[{outputs}, {inputs}, 3, 3]"),
                    found: vec![found.outputs, found.inputs, 3, 3],
                }
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Problem::Tensors(faults)) }
    }

    /// What an experiment with that preprocessing is to be warned of: what was done to the weights, and that they expect another
    /// preprocessing, or nobody knows which.
    pub fn warnings(&self, chosen: Preprocess) -> Vec<String> {
        let notes = self.notes.iter().map(|note| format!("the weights: {note}"));
        notes.chain(self.preprocess_warning(chosen)).collect()
    }

    /// A warning for an experiment whose preprocessing is another than that of the weights, as far as that is known.
    pub fn preprocess_warning(&self, chosen: Preprocess) -> Option<String> {
        let how = match (self.preprocess, self.basis) {
            (Some(theirs), _) if theirs == chosen => return None,
            (None, _) => {
                return Some(format!(
                    "nothing says which preprocessing the weights expect, and the experiment has `\"{chosen}\"`: \
                     `frostline weights import FILE --preprocess WORD` writes a file that says it"
                ));
            }
            (Some(_), Basis::Digest) => "were trained",
            (Some(_), Basis::Metadata) => "say that they were trained",
            (Some(_), Basis::Graph) => "come from a graph that was trained",
            (Some(_), Basis::Convention | Basis::Unknown) => "were probably trained",
        };
        let theirs = self.preprocess?;
        Some(format!("the weights {how} with `preprocess = \"{theirs}\"`, and the experiment has `\"{chosen}\"`"))
    }
}

/// The digest of shapes and f32 values, in the order of the layers.
pub(super) fn digest_of(convolutions: &[Convolution]) -> Digest {
    let mut layers = blake3::Hasher::new_derive_key("frostline weights v1");
    for convolution in convolutions {
        layers.update(&(convolution.inputs as u64).to_le_bytes());
        layers.update(&(convolution.outputs as u64).to_le_bytes());
        for values in [&convolution.weights, &convolution.bias] {
            layers.update(bytemuck::cast_slice(values));
        }
    }
    Digest::from_bytes(*layers.finalize().as_bytes())
}
