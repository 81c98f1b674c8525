//! Everybody's weights, in and out: files of other frameworks to the 13 convolutions of VGG16's base, and trained
//! networks to files that others read.
//!
//! The door is [`read`]: it knows a file by its content, reads it as data (nothing in a file is ever executed), maps
//! names, layout and channel order, folds batch normalisation, and lists everything that is missing, extra or misshapen at
//! once. Readers work for any channel counts; [`read_vgg16`] holds them to the real ones.
//!
//! | file | read by |
//! | --- | --- |
//! | Keras `.h5`, `.weights.h5`, `.keras` | `hdf5`, `keras`, `archive` |
//! | PyTorch `.pth`, `.pt`, zip and older | `archive`, `pickle`, `checkpoint`, `torch_names` |
//! | safetensors of torchvision, timm, frostline | `safetensors`, `torch_names` |
//! | ONNX | `onnx` |
//!
//! Invariants: no input makes a reader panic or allocate more than a small multiple of the file's size; a tensor that is
//! not used is not decoded; nothing here prints, reads the clock or reads the environment. Only `fetch` knows of a network.

mod archive;
mod assemble;
mod checkpoint;
mod element;
mod error;
mod export;
mod fetch;
mod found;
mod guard;
mod hdf5;
mod imported;
mod keras;
mod onnx;
mod origin;
mod pickle;
mod read;
mod safetensors;
mod shape;
mod torch_names;

#[cfg(test)]
mod golden_tests;

pub use error::{Fault, Problem, ReadError, Refused};
pub use export::{
    Dense, Element, ImageInput, Named, TrainedNetwork, encode_safetensors, export_base, export_onnx, export_safetensors,
};
pub use fetch::{FetchError, FetchProblem, Fetched, KNOWN_FILES, KnownFile, Order, Pin, Step, fetch, file_sha256};
pub use guard::silence_parsers;
pub use imported::{Basis, Convolution, Imported, Preprocess, SourceFormat};
pub use origin::{KNOWN_ORIGINS, KnownOrigin, Origin, half_digest};
pub use read::{read, read_bytes, read_vgg16};
pub use shape::{CONVOLUTIONS, POOL_AFTER, VggShape};
