//! What can be wrong with a file of weights.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A file could not be read as weights.
#[derive(Debug, thiserror::Error)]
#[error("the weights `{}` cannot be used", path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: Problem,
}

/// What is wrong with the bytes of a weights file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or read.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// No known format begins like this.
    #[error("it is {0}")]
    NotWeights(&'static str),
    /// The format is known, and its rules are broken (a truncated file, a length beyond the end).
    #[error("it is a damaged {format}: {detail}")]
    Damaged {
        /// The format that the file begins as.
        format: &'static str,
        /// What was found.
        detail: String,
    },
    /// The format is known, and uses something that is not read.
    #[error("{what}")]
    Unsupported {
        /// What the file uses.
        what: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// A pickle that asks for code to be run, or for objects that are not tensors.
    #[error("it is refused: its pickle uses the {0}, and frostline reads tensors only, never runs code")]
    Refused(Refused),
    /// Tensors are missing, left over or misshapen: all of them, in the order of the layers.
    #[error("it does not hold a VGG16 base:{}", Faults(.0))]
    Tensors(Vec<Fault>),
}

/// What a pickle was refused for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// An opcode that builds objects or needs more than data, by the name that Python's `pickletools` gives it.
    Opcode(&'static str),
    /// A global outside the list of those that describe tensors, as `module.name`.
    Global(String),
    /// A call of something that is not a global of that list.
    Call,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opcode(name) => write!(f, "opcode `{name}`"),
            Self::Global(name) => write!(f, "global `{name}`"),
            Self::Call => f.write_str("opcode `REDUCE` on a value that is not a known function"),
        }
    }
}

/// One thing wrong with one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The tensor is not there.
    Missing {
        /// Its name, as the file's own convention has it.
        name: String,
    },
    /// The tensor is there and VGG16 has none such.
    Extra {
        /// Its name in the file.
        name: String,
    },
    /// The tensor has another shape than its neighbours ask for.
    Misshapen {
        /// Its name in the file.
        name: String,
        /// What was expected, in the file's own layout.
        expected: String,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// The tensor is not a floating-point tensor.
    NotFloat {
        /// Its name in the file.
        name: String,
        /// The type in the file.
        found: String,
    },
    /// The tensor holds NaN or infinity.
    NotFinite {
        /// Its name in the file.
        name: String,
    },
    /// A layer of the graph is not VGG16's (stride, padding, order of the layers).
    Layer {
        /// The layer.
        name: String,
        /// What was expected and what was found.
        detail: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "`{name}` is missing"),
            Self::Extra { name } => write!(f, "`{name}` has no place in VGG16"),
            Self::Misshapen { name, expected, found } => {
                write!(f, "`{name}` has the shape {found:?}, expected {expected}")
            }
            Self::NotFloat { name, found } => {
                write!(f, "`{name}` holds {found}, expected f16, bf16, f32 or f64")
            }
            Self::NotFinite { name } => write!(f, "`{name}` holds NaN or infinity"),
            Self::Layer { name, detail } => write!(f, "`{name}`: {detail}"),
        }
    }
}

/// Faults on lines of their own; a long list is cut, and says how long it is.
struct Faults<'a>(&'a [Fault]);

/// More lines than this hide the first ones on a terminal.
const SHOWN_FAULTS: usize = 40;

impl fmt::Display for Faults<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in self.0.iter().take(SHOWN_FAULTS) {
            write!(f, "\n  {fault}")?;
        }
        match self.0.len().saturating_sub(SHOWN_FAULTS) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl Problem {
    /// The cure, where it is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotWeights(_) => {
                Some("frostline reads Keras .h5, .weights.h5 and .keras, PyTorch .pth and .pt, safetensors and ONNX")
            }
            Self::Unsupported { hint, .. } => Some(hint),
            Self::Refused(_) => {
                Some("in Python, `torch.save(model.state_dict(), \"weights.pth\")` writes a file with tensors only")
            }
            Self::Io(_) | Self::Damaged { .. } | Self::Tensors(_) => None,
        }
    }

    pub(super) fn damaged(format: &'static str, detail: impl fmt::Display) -> Self {
        Self::Damaged { format, detail: detail.to_string() }
    }
}
