//! A graph to walk: who makes a value, who uses it, and the constants.

use std::collections::HashMap;
use std::path::Path;

use super::super::element::Element;
use super::super::error::Problem;
use super::super::found::{Found, Values};
use super::external;
use super::proto::{BFLOAT16, DOUBLE, EXTERNAL, FLOAT, FLOAT16, Graph, INT64, Node, Tensor};

/// How many Identity and Cast nodes may stand between a constant and its user.
const MAX_STEPS: usize = 8;

/// A graph with its indices.
pub(super) struct Walk<'g> {
    pub(super) nodes: &'g [Node],
    /// Where the graph was read from, and its external data are.
    folder: Option<&'g Path>,
    makers: HashMap<&'g str, usize>,
    users: HashMap<&'g str, Vec<usize>>,
    constants: HashMap<&'g str, &'g Tensor>,
}

impl<'g> Walk<'g> {
    pub(super) fn new(graph: &'g Graph, folder: Option<&'g Path>) -> Self {
        let mut walk = Self {
            nodes: &graph.node,
            folder,
            makers: HashMap::new(),
            users: HashMap::new(),
            constants: graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect(),
        };
        for (at, node) in graph.node.iter().enumerate() {
            for output in &node.output {
                walk.makers.insert(output, at);
            }
            for input in &node.input {
                walk.users.entry(input).or_default().push(at);
            }
            if node.op_type == "Constant" {
                let tensor = node.attribute.iter().find(|a| a.name == "value").and_then(|a| a.t.as_ref());
                if let (Some(output), Some(tensor)) = (node.output.first(), tensor) {
                    walk.constants.insert(output, tensor);
                }
            }
        }
        walk
    }

    /// The node that makes a value.
    pub(super) fn maker(&self, value: &str) -> Option<&'g Node> {
        self.makers.get(value).map(|&at| &self.nodes[at])
    }

    /// The nodes that use a value.
    pub(super) fn users(&self, value: &str) -> impl Iterator<Item = &'g Node> {
        self.users.get(value).into_iter().flatten().map(|&at| &self.nodes[at])
    }

    /// The constant behind a value, through Identity and Cast; or the operator that stands in its way.
    pub(super) fn constant(&self, value: &str) -> Result<&'g Tensor, String> {
        let mut value = value;
        for _ in 0..MAX_STEPS {
            if let Some(tensor) = self.constants.get(value) {
                return Ok(tensor);
            }
            let maker = self.maker(value).ok_or_else(|| "it is an input of the graph".to_owned())?;
            match (maker.op_type.as_str(), maker.input.first()) {
                ("Identity" | "Cast", Some(input)) => value = input,
                (operator, _) => return Err(format!("it is computed by `{operator}`")),
            }
        }
        Err("it is behind too many casts".to_owned())
    }

    /// A constant as a named tensor, wherever ONNX keeps its values.
    pub(super) fn found(&self, tensor: &'g Tensor, name: &str) -> Result<Found<'g>, Problem> {
        let damaged = |detail: &str| Problem::damaged("ONNX file", format!("`{name}` {detail}"));
        let shape = shape(tensor).ok_or_else(|| damaged("has a negative dimension"))?;
        let (element, values) = match tensor.data_type {
            FLOAT if tensor.raw_data.is_empty() => (Ok(Element::F32), Values::Floats(tensor.float_data.clone())),
            FLOAT => (Ok(Element::F32), Values::Bytes(&tensor.raw_data)),
            FLOAT16 => (Ok(Element::F16), halves(tensor, Element::F16)),
            BFLOAT16 => (Ok(Element::Bf16), halves(tensor, Element::Bf16)),
            DOUBLE if tensor.raw_data.is_empty() => {
                (Ok(Element::F64), Values::Floats(tensor.double_data.iter().map(|&value| value as f32).collect()))
            }
            DOUBLE => (Ok(Element::F64), Values::Bytes(&tensor.raw_data)),
            other => (Err(format!("the ONNX type {other}")), Values::Bytes(&[])),
        };
        let values = match &element {
            Ok(float) if tensor.data_location == EXTERNAL => {
                let size = shape.iter().try_fold(float.size(), |product, &dim| product.checked_mul(dim));
                external::values(tensor, name, self.folder, size.ok_or_else(|| damaged("has no possible shape"))?)?
            }
            Ok(_) | Err(_) => values,
        };
        Ok(Found { name: name.to_owned(), shape, element, values })
    }

    /// The numbers of a small constant, whatever its type; none where it is large.
    pub(super) fn numbers(&self, tensor: &'g Tensor) -> Option<Vec<f32>> {
        const SMALL: usize = 64;
        let len = shape(tensor)?.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))?;
        if len > SMALL {
            return None;
        }
        if tensor.data_type == INT64 {
            let raw = tensor.raw_data.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
            return Some(tensor.int64_data.iter().copied().chain(raw).take(SMALL).map(|value| value as f32).collect());
        }
        let found = self.found(tensor, "").ok()?;
        found.element.as_ref().ok()?;
        found.floats().ok().filter(|values| values.len() <= SMALL)
    }
}

/// The shape of a tensor, where it is one.
pub(super) fn shape(tensor: &Tensor) -> Option<Vec<usize>> {
    tensor.dims.iter().map(|&dim| usize::try_from(dim).ok()).collect()
}

fn halves(tensor: &Tensor, element: Element) -> Values<'_> {
    if !tensor.raw_data.is_empty() {
        return Values::Bytes(&tensor.raw_data);
    }
    let patterns: Vec<u8> = tensor.int32_data.iter().flat_map(|&pattern| (pattern as u16).to_le_bytes()).collect();
    Values::Floats(element.decode(&patterns))
}

/// Integers of an attribute.
pub(super) fn ints<'g>(node: &'g Node, name: &str) -> Option<&'g [i64]> {
    node.attribute.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.ints.as_slice())
}
