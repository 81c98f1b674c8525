//! Walks an HDF5 file: every dataset with its path, and the attributes by which Keras orders and names its layers.

use std::collections::HashMap;

use hdf5_pure::{Dataset, Datatype, DatatypeByteOrder, File, Group};

use super::element::Element;
use super::error::Problem;
use super::found::{Found, Values};
use super::guard;

pub(super) const FORMAT: &str = "HDF5 file";

/// Groups in groups deeper than this are no Keras model.
const MAX_DEPTH: usize = 24;

/// A dataset may unpack (gzip) to this many times the size of the file. Weights hardly compress at all.
const MAX_EXPANSION: u64 = 8;

/// What a walk has found.
#[derive(Default)]
pub(super) struct Tree {
    /// Datasets; names are paths without a leading slash.
    pub(super) datasets: Vec<Found<'static>>,
    /// Keras' own names of layers whose groups have others (`vars` groups of Keras 3), by the group's path.
    pub(super) layer_names: HashMap<String, String>,
    /// The order of the layers, where an attribute tells.
    pub(super) order: Vec<String>,
    /// The backend that wrote the file, where an attribute tells.
    pub(super) backend: Option<String>,
    /// The model's description (JSON), where the file is one of a whole model.
    pub(super) config: Option<String>,
}

/// Walks a whole file. Datasets are found, and read only when their values are asked for.
pub(super) fn walk(bytes: Vec<u8>) -> Result<Tree, Problem> {
    let limit = bytes.len() as u64 * MAX_EXPANSION;
    caught(|| {
        let file = File::from_bytes(bytes).map_err(|error| Problem::damaged(FORMAT, error))?;
        let mut tree = Tree::default();
        let mut budget = Budget { bytes: limit, objects: limit / MIN_OBJECT_BYTES };
        visit(&file.root(), "", 0, &mut tree, &mut budget)?;
        Ok(tree)
    })
}

/// The bytes of a dataset, unpacked and little-endian.
pub(super) fn read(dataset: &Dataset) -> Result<Vec<u8>, Problem> {
    let read = || {
        let (datatype, mut bytes) = (dataset.datatype()?, dataset.read_raw()?);
        if let Datatype::FloatingPoint { size, byte_order: DatatypeByteOrder::BigEndian, .. } = datatype {
            bytes.chunks_exact_mut(size.max(1) as usize).for_each(<[u8]>::reverse);
        }
        Ok(bytes)
    };
    caught(|| read().map_err(|error: hdf5_pure::Error| Problem::damaged(FORMAT, error)))
}

/// Lets the parser at a file. It computes with offsets and lengths as they are claimed, and panics where these are beyond all
/// bounds: that is a damaged file as well.
fn caught<T>(parse: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let beyond = |_| Err(Problem::damaged(FORMAT, "an offset or a length in it is beyond all bounds"));
    guard::guarded(parse).unwrap_or_else(beyond)
}

/// No group or dataset takes fewer bytes; more of them than fit are links that go round in circles.
const MIN_OBJECT_BYTES: u64 = 64;

/// What a walk may still read: a file cannot hold more than it weighs.
struct Budget {
    bytes: u64,
    objects: u64,
}

impl Budget {
    fn spend(&mut self, bytes: u64) -> Result<(), Problem> {
        let spent = self.bytes.checked_sub(bytes).zip(self.objects.checked_sub(1));
        let (bytes, objects) = spent
            .ok_or_else(|| Problem::damaged(FORMAT, "its datasets claim more data than a file of its size can hold"))?;
        (self.bytes, self.objects) = (bytes, objects);
        Ok(())
    }
}

fn visit(group: &Group, path: &str, depth: usize, tree: &mut Tree, budget: &mut Budget) -> Result<(), Problem> {
    let damaged = |error: hdf5_pure::Error| Problem::damaged(FORMAT, format!("in `/{path}`: {error}"));
    if depth > MAX_DEPTH {
        return Err(Problem::damaged(FORMAT, format!("its groups are nested more than {MAX_DEPTH} deep")));
    }
    budget.spend(0)?;
    read_attributes(group, path, tree).map_err(damaged)?;
    let child = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    for name in group.datasets().map_err(damaged)? {
        let dataset = group.dataset(&name).map_err(damaged)?;
        let shape = dataset.shape().map_err(damaged)?;
        let element_size = dataset.element_size().map_err(damaged)?;
        let size = shape.iter().try_fold(element_size, |product, &dim| product.checked_mul(dim));
        budget.spend(size.unwrap_or(u64::MAX))?;
        tree.datasets.push(Found {
            name: child(&name),
            shape: shape.iter().map(|&dim| dim as usize).collect(),
            element: element(&dataset).map_err(damaged)?,
            values: Values::Dataset(dataset),
        });
    }
    for name in group.groups().map_err(damaged)? {
        if path.is_empty() && name.starts_with("optimizer") {
            continue;
        }
        visit(&group.group(&name).map_err(damaged)?, &child(&name), depth + 1, tree, budget)?;
    }
    Ok(())
}

/// Reads the attributes that Keras writes: `name` on the `vars` groups, `layer_names` and `backend` on the root of the weights,
/// `model_config` on the root of a whole model.
fn read_attributes(group: &Group, path: &str, tree: &mut Tree) -> Result<(), hdf5_pure::Error> {
    let names_layers = path.is_empty() || path == "model_weights";
    if !names_layers && !path.ends_with("/vars") {
        return Ok(());
    }
    let attributes = group.attrs()?;
    if let Some(name) = attributes.get("name").and_then(|value| value.as_str()) {
        tree.layer_names.insert(path.to_owned(), name.to_owned());
    }
    if names_layers {
        if let Some(names) = attributes.get("layer_names").and_then(|value| value.as_strings()) {
            tree.order = names.iter().map(|name| name.to_string()).collect();
        }
        if let Some(backend) = attributes.get("backend").and_then(|value| value.as_str()) {
            tree.backend = Some(backend.to_owned());
        }
        if let Some(config) = attributes.get("model_config").and_then(|value| value.as_str()) {
            tree.config = Some(config.to_owned());
        }
    }
    Ok(())
}

/// The float type of a dataset, or the name of one that is none. Keras 3 writes bfloat16 as two opaque bytes, and says so beside.
fn element(dataset: &Dataset) -> Result<Result<Element, String>, hdf5_pure::Error> {
    use DatatypeByteOrder::{BigEndian, LittleEndian};
    let known = match dataset.datatype()? {
        Datatype::FloatingPoint { size, byte_order: LittleEndian | BigEndian, layout } => {
            float(size, layout.mantissa_size)
        }
        Datatype::Opaque { size: 2, .. } => {
            let attributes = dataset.attrs()?;
            let is_bf16 = attributes.get("dtype").and_then(|value| value.as_str()) == Some("bfloat16");
            is_bf16.then_some(Element::Bf16)
        }
        _ => None,
    };
    match known {
        Some(element) => Ok(Ok(element)),
        None => Ok(Err(dataset.dtype()?.to_string())),
    }
}

/// The float type of so many bytes, of which so many bits are mantissa: IEEE's, and bfloat16.
fn float(bytes: u32, mantissa_bits: u8) -> Option<Element> {
    match (bytes, mantissa_bits) {
        (2, 10) => Some(Element::F16),
        (2, 7) => Some(Element::Bf16),
        (4, 23) => Some(Element::F32),
        (8, 52) => Some(Element::F64),
        _ => None,
    }
}
