//! The door: any known form of VGG16's weights, recognised by content, to [`Imported`].

use std::collections::BTreeMap;
use std::path::Path;

use super::archive::Archive;
use super::assemble::Layout;
use super::error::{Problem, ReadError};
use super::export::VALUES;
use super::found::Found;
use super::imported::{Basis, Convolution, Imported, Preprocess, SourceFormat};
use super::onnx::{self, GraphInput};
use super::origin::{Origin, recognise, swap_channels};
use super::{checkpoint, hdf5, keras, safetensors, torch_names};

/// Reads a file of any known form, with any channel counts.
pub fn read(path: &Path) -> Result<Imported, ReadError> {
    let imported = contents(path).map_err(Problem::Io).and_then(|bytes| read_owned(bytes, folder_of(path)));
    imported.map_err(|problem| ReadError { path: path.to_owned(), problem })
}

/// The folder that a file lies in.
fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
}

/// The bytes of a regular file: others may have no end.
fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    if std::fs::metadata(path)?.is_file() {
        return std::fs::read(path);
    }
    Err(std::io::Error::other("it is not a regular file"))
}

/// Reads a file of any known form, and holds it to the real VGG16's channel counts.
pub fn read_vgg16(path: &Path) -> Result<Imported, ReadError> {
    let imported = read(path)?;
    match imported.require_vgg16() {
        Ok(()) => Ok(imported),
        Err(problem) => Err(ReadError { path: path.to_owned(), problem }),
    }
}

/// Reads the bytes of a file of any known form that needs no other file beside it.
pub fn read_bytes(bytes: &[u8]) -> Result<Imported, Problem> {
    read_owned(bytes.to_owned(), None)
}

const HDF5_MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

fn read_owned(bytes: Vec<u8>, folder: Option<&Path>) -> Result<Imported, Problem> {
    match &bytes[..] {
        start if start.starts_with(HDF5_MAGIC) => of_keras(bytes, None, SourceFormat::KerasHdf5),
        start if start.starts_with(b"PK\x03\x04") => of_archive(start),
        start if is_safetensors(start) => of_safetensors(start),
        start if checkpoint::is_pickle(start) => {
            of_torch(checkpoint::of_pickles(start)?, BTreeMap::new(), SourceFormat::TorchPickle)
        }
        start => match other(start) {
            Some(what) => Err(Problem::NotWeights(what)),
            None => of_onnx(start, folder),
        },
    }
}

/// Eight bytes of a length, then a JSON object that fits into the file.
fn is_safetensors(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return false };
    rest.first() == Some(&b'{') && u64::from_le_bytes(*length) <= rest.len() as u64
}

/// What a file is that is none of the known forms; none where it may be an ONNX graph.
fn other(bytes: &[u8]) -> Option<&'static str> {
    let begins = |start: &[u8]| bytes.starts_with(start);
    let text = bytes.iter().take(64).all(|&byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    match () {
        () if bytes.is_empty() => Some("empty"),
        () if begins(b"version https://git-lfs") => {
            Some("a Git LFS pointer, not the file itself (`git lfs pull` gets it)")
        }
        () if begins(b"<") => Some("a web page, as servers send it in place of a file that they do not give"),
        () if begins(b"\x1f\x8b") => Some("packed with gzip: unpack it first"),
        () if bytes.get(257..262) == Some(b"ustar") => Some("a tar archive: unpack it first"),
        () if begins(b"\x93NUMPY") => Some("a NumPy array"),
        () if text => Some("text"),
        // An ONNX file begins with its first field, `ir_version`, a small number.
        () if bytes[0] != 0x08 => Some("in no format that is known"),
        () => None,
    }
}

fn of_keras(bytes: Vec<u8>, config: Option<&str>, source: SourceFormat) -> Result<Imported, Problem> {
    let found = keras::base(hdf5::walk(bytes)?, config);
    let turned = found.base.layout == Layout::OihwTurned;
    let convolutions = found.base.assemble()?;
    let mut notes = ignored_note(&found.ignored);
    notes.extend(found.note);
    if turned {
        notes.push("kernels were turned by 180 degrees: Theano wrote them".to_owned());
    }
    Ok(finish(convolutions, source, BTreeMap::new(), Some(Preprocess::Caffe), notes))
}

fn of_archive(bytes: &[u8]) -> Result<Imported, Problem> {
    let (archive, unpacked) = Archive::open(bytes)?;
    if let Some(weights) = archive.bytes("model.weights.h5", &unpacked) {
        let config = archive.bytes("config.json", &unpacked).and_then(|config| std::str::from_utf8(config).ok());
        return of_keras(weights.to_owned(), config, SourceFormat::KerasArchive);
    }
    if archive.name_that_ends_in("data.pkl").is_some() {
        let tensors = checkpoint::of_archive(&archive, &unpacked)?;
        return of_torch(tensors, BTreeMap::new(), SourceFormat::TorchZip);
    }
    Err(Problem::NotWeights("a zip archive, with neither Keras' `model.weights.h5` nor PyTorch's `data.pkl` in it"))
}

fn of_safetensors(bytes: &[u8]) -> Result<Imported, Problem> {
    let (tensors, metadata) = safetensors::tensors(bytes)?;
    let written = metadata.get(VALUES).cloned();
    let imported = of_torch(tensors, metadata, SourceFormat::Safetensors)?;
    match written.filter(|written| *written != imported.digest().to_string()) {
        Some(_) => Err(Problem::damaged(safetensors::FORMAT, "its values are not those that it was written with")),
        None => Ok(imported),
    }
}

fn of_torch(
    tensors: Vec<Found<'_>>,
    metadata: BTreeMap<String, String>,
    source: SourceFormat,
) -> Result<Imported, Problem> {
    let (base, ignored) = torch_names::base(tensors);
    let normalised = base.layers.iter().any(|layer| layer.norm.is_some());
    let convolutions = base.assemble()?;
    let mut notes = ignored_note(&ignored);
    if normalised {
        notes.push("batch normalisation was folded into the convolutions".to_owned());
    }
    Ok(finish(convolutions, source, metadata, Some(Preprocess::Torch), notes))
}

fn of_onnx(bytes: &[u8], folder: Option<&Path>) -> Result<Imported, Problem> {
    let mut found = onnx::read(bytes, folder)?;
    let mut notes = Vec::new();
    if found.normalised {
        notes.push("batch normalisation was folded into the convolutions".to_owned());
    }
    if found.input == GraphInput::CaffeRgb {
        swap_channels(&mut found.convolutions);
        notes.push("the first convolution was turned from RGB to BGR".to_owned());
    }
    let preprocess = match found.input {
        GraphInput::CaffeBgr | GraphInput::CaffeRgb => Some(Preprocess::Caffe),
        GraphInput::Torch => Some(Preprocess::Torch),
        GraphInput::Unknown => None,
    };
    let mut imported = finish(found.convolutions, SourceFormat::Onnx, found.metadata, preprocess, notes);
    if imported.basis == Basis::Convention {
        imported.basis = Basis::Graph;
    }
    Ok(imported)
}

/// One note for all tensors that are not the base's.
fn ignored_note(names: &[String]) -> Vec<String> {
    match names {
        [] => Vec::new(),
        [one] => vec![format!("`{one}` is no part of the base and was left out")],
        [first, ..] => {
            vec![format!("{} tensors, `{first}` the first, are no part of the base and were left out", names.len())]
        }
    }
}

/// Names the origin, by the values first, then by what the file tells, then by what is usual.
fn finish(
    mut convolutions: Vec<Convolution>,
    source: SourceFormat,
    metadata: BTreeMap<String, String>,
    usual: Option<Preprocess>,
    mut notes: Vec<String>,
) -> Imported {
    let mut known = recognise(&convolutions);
    if known.is_none() {
        swap_channels(&mut convolutions);
        known = recognise(&convolutions);
        match known {
            Some(_) => {
                notes.push("the first convolution was turned from RGB to BGR, as these weights were trained".to_owned())
            }
            None => swap_channels(&mut convolutions),
        }
    }
    let told = metadata.get("preprocess").and_then(|word| Preprocess::from_word(word));
    let (preprocess, basis) = match (known, told, usual) {
        (Some(known), ..) => (Some(known.preprocess), Basis::Digest),
        (None, Some(told), _) => (Some(told), Basis::Metadata),
        (None, None, Some(usual)) => (Some(usual), Basis::Convention),
        (None, None, None) => (None, Basis::Unknown),
    };
    let origin = match (known, metadata.get("origin")) {
        (Some(known), _) => Origin::Known(known),
        (None, Some(text)) => Origin::Told { text: text.clone(), license: metadata.get("license").cloned() },
        (None, None) => Origin::Unknown,
    };
    Imported { convolutions, source, origin, preprocess, basis, notes }
}
