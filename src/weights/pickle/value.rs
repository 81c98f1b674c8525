//! What a pickle of tensors describes, as plain data in an arena: sharing and cycles cost nothing and are followed
//! only as far as a reader asks.

use super::super::element::Element;

/// A value's place in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::weights) struct Id(pub(super) usize);

/// A value. Text is borrowed from the pickle.
#[derive(Clone, Debug)]
pub(in crate::weights) enum Value<'a> {
    None,
    Bool,
    Int(i64),
    /// An integer beyond 64 bits: its little-endian bytes.
    BigInt(&'a [u8]),
    Float,
    Text(&'a str),
    Bytes,
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(Storage<'a>),
    Tensor(Box<Tensor<'a>>),
}

/// The globals that a pickle may name: each describes a tensor or holds tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Size,
    Device,
    /// A storage class, with the type of its elements where that is a float.
    StorageClass(Result<Element, &'static str>),
}

/// A storage that a pickle refers to; its bytes lie elsewhere in the file.
#[derive(Clone, Copy, Debug)]
pub(in crate::weights) struct Storage<'a> {
    pub(in crate::weights) element: Result<Element, &'static str>,
    pub(in crate::weights) key: &'a str,
}

/// A tensor: a strided window on a storage, in elements, as the pickle claims it (unchecked).
#[derive(Clone, Debug)]
pub(in crate::weights) struct Tensor<'a> {
    pub(in crate::weights) storage: Storage<'a>,
    pub(in crate::weights) offset: usize,
    pub(in crate::weights) shape: Vec<usize>,
    pub(in crate::weights) strides: Vec<usize>,
}

impl Global {
    /// The global of that name, where it is one of the few that are known.
    pub(super) fn of(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", "Size") => Self::Size,
            ("torch", "device") => Self::Device,
            ("torch" | "torch.cuda", class) => Self::StorageClass(storage(class)?),
            _ => return None,
        })
    }
}

fn storage(class: &str) -> Option<Result<Element, &'static str>> {
    Some(match class {
        "FloatStorage" => Ok(Element::F32),
        "DoubleStorage" => Ok(Element::F64),
        "HalfStorage" => Ok(Element::F16),
        "BFloat16Storage" => Ok(Element::Bf16),
        "LongStorage" => Err("i64"),
        "IntStorage" => Err("i32"),
        "ShortStorage" => Err("i16"),
        "CharStorage" => Err("i8"),
        "ByteStorage" => Err("u8"),
        "BoolStorage" => Err("bool"),
        _ => return None,
    })
}
