//! The base's weights: thirteen convolutions, from a safetensors file.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::geometry::{CHANNELS, CONVOLUTIONS, TENSOR_INDICES};
use crate::digest::Digest;

/// One convolution's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// `[out, in, 3, 3]`, row-major.
    pub weight: Vec<f32>,
    /// `[out]`.
    pub bias: Vec<f32>,
}

/// The parameters of VGG16's base. Cloning shares them.
#[derive(Clone)]
pub struct BaseWeights {
    convolutions: Arc<[Convolution]>,
}

impl BaseWeights {
    /// Reads a safetensors file of f32, f16 or bf16 tensors named as in torchvision, `features.{i}.weight` and `.bias`.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        Self::from_safetensors(&std::fs::read(path)?)
    }

    /// The same, from a file's contents. Tensors that are missing, superfluous or misshapen are all listed at once.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, WeightsError> {
        let file = SafeTensors::deserialize(bytes)?;
        let problems = problems(&file);
        if !problems.is_empty() {
            return Err(WeightsError::Tensors(Problems(problems)));
        }
        let read = |name: String| file.tensor(&name).ok().and_then(|view| values(&view)).unwrap_or_default();
        let convolution = |place: &usize| Convolution {
            weight: read(format!("features.{place}.weight")),
            bias: read(format!("features.{place}.bias")),
        };
        Self::new(TENSOR_INDICES.iter().map(convolution).collect())
    }

    /// Weights that were read elsewhere: thirteen convolutions, from the input, of VGG16's channels.
    pub fn new(convolutions: Vec<Convolution>) -> Result<Self, WeightsError> {
        let fits = |(index, convolution): (usize, &Convolution)| {
            let [outputs, inputs, ..] = weight_shape(index);
            convolution.weight.len() == outputs * inputs * 9 && convolution.bias.len() == outputs
        };
        if convolutions.len() != CONVOLUTIONS || !convolutions.iter().enumerate().all(fits) {
            return Err(WeightsError::NotVgg16);
        }
        Ok(Self { convolutions: convolutions.into() })
    }

    /// The convolution of an index in 0..13.
    pub fn convolution(&self, index: usize) -> &Convolution {
        &self.convolutions[index]
    }

    /// The digest of all values, from the input, whatever file they came in.
    pub fn digest(&self) -> Digest {
        let values = self.convolutions.iter().flat_map(|it| [&it.weight, &it.bias]);
        let parts: Vec<Digest> = values.map(|values| Digest::of(bytemuck::cast_slice(values))).collect();
        Digest::of(&parts.iter().flat_map(|part| *part.as_bytes()).collect::<Vec<u8>>())
    }

    /// The convolutions between two depths.
    pub fn convolutions(&self, between: Range<usize>) -> &[Convolution] {
        &self.convolutions[between]
    }
}

impl fmt::Debug for BaseWeights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BaseWeights(VGG16)")
    }
}

/// Shape of the weight of the convolution with an index in 0..13.
fn weight_shape(index: usize) -> [usize; 4] {
    [CHANNELS[index + 1], CHANNELS[index], 3, 3]
}

/// Everything that is wrong with a file's tensors.
fn problems(file: &SafeTensors<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut expected = Vec::new();
    for (index, place) in TENSOR_INDICES.iter().enumerate() {
        let shape = weight_shape(index);
        expected.push((format!("features.{place}.weight"), shape.to_vec()));
        expected.push((format!("features.{place}.bias"), vec![shape[0]]));
    }
    for (name, shape) in &expected {
        match file.tensor(name) {
            Err(_) => problems.push(Problem::Missing { name: name.clone() }),
            Ok(view) => problems.extend(misfit(name, shape, &view)),
        }
    }
    let known = |name: &str| expected.iter().any(|(known, _)| known == name);
    let mut extra: Vec<String> = file.names().into_iter().filter(|name| !known(name)).map(|n| n.to_owned()).collect();
    extra.sort();
    problems.extend(extra.into_iter().map(|name| Problem::Extra { name }));
    problems
}

fn misfit(name: &str, expected: &[usize], view: &TensorView<'_>) -> Option<Problem> {
    if view.shape() != expected {
        let (expected, found) = (expected.to_vec(), view.shape().to_vec());
        return Some(Problem::Shape { name: name.to_owned(), expected, found });
    }
    let readable = matches!(view.dtype(), Dtype::F32 | Dtype::F16 | Dtype::BF16);
    (!readable).then(|| Problem::Dtype { name: name.to_owned(), found: format!("{:?}", view.dtype()) })
}

/// A tensor's values as f32; `None` for a type that is no float of 16 or 32 bits.
fn values(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    let halves = || data.chunks_exact(2).map(|b| [b[0], b[1]]);
    match view.dtype() {
        Dtype::F32 => Some(data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()),
        Dtype::F16 => Some(halves().map(|b| half::f16::from_le_bytes(b).to_f32()).collect()),
        Dtype::BF16 => Some(halves().map(|b| half::bf16::from_le_bytes(b).to_f32()).collect()),
        _ => None,
    }
}

/// Why a file cannot serve as the base's weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("cannot be read")]
    Io(#[from] std::io::Error),
    /// It is no safetensors file.
    #[error("is not a safetensors file")]
    Format(#[from] safetensors::SafeTensorError),
    /// Its tensors are not those of VGG16's base.
    #[error("{0}")]
    Tensors(Problems),
    /// The convolutions handed over are not VGG16's.
    #[error("expected the thirteen convolutions of VGG16, with its channels")]
    NotVgg16,
}

/// Everything that is wrong, one problem a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("does not hold the tensors of VGG16's base:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// One thing that is wrong with a file's tensors.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A tensor is not there.
    #[error("`{name}` is missing")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor that the base has no place for.
    #[error("`{name}` is not part of the base")]
    Extra {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape.
    #[error("`{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The shape of its place.
        expected: Vec<usize>,
        /// Its shape.
        found: Vec<usize>,
    },
    /// A tensor of a type that is not read.
    #[error("`{name}` has type {found}, expected F32, F16 or BF16")]
    Dtype {
        /// Its name.
        name: String,
        /// Its type.
        found: String,
    },
}
