//! PyTorch checkpoints: `torch.save` as a zip archive (since 1.6) and as bare pickles (before), to named tensors.

use std::collections::{HashMap, HashSet};

use super::archive::Archive;
use super::element::Element;
use super::error::Problem;
use super::found::{Found, Values};
use super::pickle::{Id, Pickle, Storage, Tensor, Value};

const FORMAT: &str = "PyTorch checkpoint";

/// `torch.serialization.MAGIC_NUMBER`, as the old format's first pickle holds it: little-endian, 10 bytes.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// State dicts lie at most this deep in a checkpoint (`checkpoint["state"]["model"]`, with room to spare).
const MAX_DEPTH: usize = 4;

/// Bytes of a storage, by its key.
type Storages<'a> = HashMap<String, &'a [u8]>;

/// All tensors of a zip archive whose pickle is `NAME/data.pkl`.
pub(super) fn of_archive<'a>(archive: &Archive<'a>, unpacked: &'a [Vec<u8>]) -> Result<Vec<Found<'a>>, Problem> {
    let pickle_name = archive.name_that_ends_in("data.pkl").expect("the door has seen a data.pkl");
    let folder = pickle_name.strip_suffix("data.pkl").expect("it ends in data.pkl");
    if archive.name_that_ends_in("constants.pkl").is_some() {
        return Err(Problem::Unsupported {
            what: "it is a TorchScript archive: a program with its weights".to_owned(),
            hint: "in Python, `torch.save(torch.jit.load(FILE).state_dict(), \"weights.pth\")` writes the weights alone",
        });
    }
    let order = archive.bytes(&format!("{folder}byteorder"), unpacked);
    if order.is_some_and(|order| order.starts_with(b"big")) {
        return Err(Problem::Unsupported {
            what: "its numbers are big-endian".to_owned(),
            hint: "save it again on a little-endian machine, or as safetensors",
        });
    }
    let bytes = archive.bytes(pickle_name, unpacked).expect("the archive has listed it");
    let pickle = Pickle::read(bytes)?;
    let prefix = format!("{folder}data/");
    let storages: Storages<'a> = archive
        .names()
        .filter_map(|name| Some((name.strip_prefix(&prefix)?.to_owned(), archive.bytes(name, unpacked)?)))
        .collect();
    tensors(&pickle, &storages)
}

/// Whether bytes begin as the old format does.
pub(super) fn is_pickle(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80, 2..=5, ..])
}

/// All tensors of an old checkpoint: four pickles, then for each storage its length and its bytes.
pub(super) fn of_pickles(bytes: &[u8]) -> Result<Vec<Found<'_>>, Problem> {
    let magic = Pickle::read(bytes)?;
    if !matches!(magic.value(magic.result), Value::BigInt(number) if **number == MAGIC) {
        return Err(Problem::NotWeights("a Python pickle, and not one of PyTorch's"));
    }
    let mut rest = &bytes[magic.consumed..];
    for _ in ["protocol version", "system information"] {
        rest = &rest[Pickle::read(rest)?.consumed..];
    }
    let pickle = Pickle::read(rest)?;
    rest = &rest[pickle.consumed..];
    let keys = Pickle::read(rest)?;
    rest = &rest[keys.consumed..];
    let elements = element_sizes(&pickle);
    let Value::List(items) = keys.value(keys.result) else {
        return Err(Problem::damaged(FORMAT, "its list of storages is no list"));
    };
    let mut storages = Storages::new();
    for item in items {
        let Value::Text(key) = keys.value(*item) else {
            return Err(Problem::damaged(FORMAT, "its list of storages holds something that is not a key"));
        };
        let size = elements
            .get(key)
            .copied()
            .ok_or_else(|| Problem::damaged(FORMAT, format!("it stores `{key}`, which nothing refers to")))?;
        let (storage, after) = split_storage(rest, size)
            .ok_or_else(|| Problem::damaged(FORMAT, format!("the storage `{key}` goes beyond the end of the file")))?;
        storages.insert((*key).to_owned(), storage);
        rest = after;
    }
    tensors(&pickle, &storages)
}

/// A storage of the old format, and what comes after it.
fn split_storage(bytes: &[u8], element_size: usize) -> Option<(&[u8], &[u8])> {
    let (count, rest) = bytes.split_first_chunk::<8>()?;
    let size = usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(element_size)?;
    rest.split_at_checked(size)
}

/// Bytes of an element of each storage that a pickle refers to.
fn element_sizes<'a>(pickle: &Pickle<'a>) -> HashMap<&'a str, usize> {
    pickle.storages().map(|storage| (storage.key, size_of_element(storage))).collect()
}

fn size_of_element(storage: &Storage<'_>) -> usize {
    match storage.element {
        Ok(element) => element.size(),
        Err("i64") => 8,
        Err("i32") => 4,
        Err("i16") => 2,
        Err(_) => 1,
    }
}

/// The tensors of a checkpoint, under dotted names.
fn tensors<'a>(pickle: &Pickle<'_>, storages: &Storages<'a>) -> Result<Vec<Found<'a>>, Problem> {
    let mut named = Vec::new();
    let mut seen = HashSet::new();
    collect(pickle, pickle.result, "", 0, &mut seen, &mut named);
    if named.is_empty() {
        return Err(Problem::Unsupported {
            what: "its pickle holds no named tensors".to_owned(),
            hint: "in Python, `torch.save(model.state_dict(), \"weights.pth\")` writes a dict of named tensors",
        });
    }
    named.into_iter().map(|(name, tensor)| found(name, tensor, storages)).collect()
}

/// Walks dicts, each once, and gives every tensor its path as its name.
fn collect<'p, 'a>(
    pickle: &'p Pickle<'a>,
    id: Id,
    path: &str,
    depth: usize,
    seen: &mut HashSet<Id>,
    named: &mut Vec<(String, &'p Tensor<'a>)>,
) {
    let Value::Dict(entries) = pickle.value(id) else { return };
    if depth > MAX_DEPTH || !seen.insert(id) {
        return;
    }
    for (key, value) in entries {
        let Value::Text(key) = pickle.value(*key) else { continue };
        let name = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
        match pickle.value(*value) {
            Value::Tensor(tensor) if name.len() <= MAX_NAME => named.push((name, tensor)),
            Value::Dict(_) if name.len() <= MAX_NAME => collect(pickle, *value, &name, depth + 1, seen, named),
            _ => {}
        }
    }
}

/// Names of modules are short; a long key that many entries share would be copied into each of their names.
const MAX_NAME: usize = 256;

/// A tensor with its bytes, after every claim of the pickle has been held against the storage.
fn found<'a>(name: String, tensor: &Tensor<'_>, storages: &Storages<'a>) -> Result<Found<'a>, Problem> {
    let storage = *storages
        .get(tensor.storage.key)
        .ok_or_else(|| Problem::damaged(FORMAT, format!("the storage of `{name}` is not in the file")))?;
    let element = tensor.storage.element.map_err(str::to_owned);
    let beyond = || Problem::damaged(FORMAT, format!("`{name}` goes beyond the end of its storage"));
    let Ok(float) = &element else {
        return Ok(Found { name, shape: tensor.shape.clone(), element, values: Values::Bytes(&[]) });
    };
    let values = window(tensor, *float, storage).ok_or_else(beyond)?;
    Ok(Found { name, shape: tensor.shape.clone(), element, values })
}

/// The window that a tensor is on its storage; none where it leaves it, or repeats values so often that it is larger.
fn window<'a>(tensor: &Tensor<'_>, element: Element, storage: &'a [u8]) -> Option<Values<'a>> {
    let held = storage.len() / element.size();
    let total = tensor.shape.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))?;
    if total > held {
        return None;
    }
    if total == 0 {
        return Some(Values::Bytes(&[]));
    }
    let last = tensor.shape.iter().zip(&tensor.strides).try_fold(tensor.offset, |at, (&dim, &stride)| {
        (dim - 1).checked_mul(stride).and_then(|step| at.checked_add(step))
    })?;
    if last >= held {
        return None;
    }
    if is_contiguous(tensor) {
        let start = tensor.offset * element.size();
        return storage.get(start..start + total * element.size()).map(Values::Bytes);
    }
    Some(Values::Strided { storage, offset: tensor.offset, strides: tensor.strides.clone() })
}

/// Whether the strides are those of row-major order; an axis of length one may have any.
fn is_contiguous(tensor: &Tensor<'_>) -> bool {
    let mut wanted = 1;
    tensor.shape.iter().zip(&tensor.strides).rev().all(|(&dim, &stride)| {
        let fits = dim == 1 || stride == wanted;
        wanted *= dim;
        fits
    })
}
