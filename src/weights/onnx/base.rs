//! Finds VGG16's base in an ONNX graph, whatever stands before and after it: the chain of convolutions is followed from
//! the first one along the values, and held to VGG16's order of convolutions, ReLUs and pools.

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message;

use super::super::assemble::{Base, Layer, Layout, Norm, Place};
use super::super::error::{Fault, Problem};
use super::super::shape::{CONVOLUTIONS, POOL_AFTER};
use super::census;
use super::graph::{Walk, ints};
use super::proto::{Model, Node};

const FORMAT: &str = "ONNX file";

/// What a graph does to images before the first convolution, as far as constants show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum GraphInput {
    /// Caffe's mean is subtracted from BGR, or the channels are turned round before it.
    CaffeBgr,
    /// Caffe's mean is subtracted from RGB, and the first convolution expects RGB.
    CaffeRgb,
    /// torchvision's mean and standard deviation.
    Torch,
    /// Nothing that is known.
    Unknown,
}

/// What a graph holds.
pub(in crate::weights) struct OnnxBase {
    pub(in crate::weights) convolutions: Vec<super::super::imported::Convolution>,
    pub(in crate::weights) input: GraphInput,
    pub(in crate::weights) metadata: BTreeMap<String, String>,
    pub(in crate::weights) normalised: bool,
}

/// Reads a graph and its base. `folder`: where the graph lies, if values may be read from files beside it.
pub(in crate::weights) fn read(bytes: &[u8], folder: Option<&Path>) -> Result<OnnxBase, Problem> {
    if !census::is_believable(bytes) {
        return Err(Problem::damaged(FORMAT, "it holds more messages than a file of its size can"));
    }
    let model = Model::decode(bytes).map_err(|error| Problem::damaged(FORMAT, error))?;
    let graph = model.graph.ok_or_else(|| Problem::damaged(FORMAT, "it holds no graph"))?;
    let walk = Walk::new(&graph, folder);
    let chain = longest_chain(&walk);
    let normalised = chain.layers.iter().any(|layer| layer.norm.is_some());
    let input = chain.layers.first().map_or(GraphInput::Unknown, |layer| input_of(&walk, layer.convolution));
    let convolutions = base(&walk, chain)?.assemble()?;
    let metadata = model.metadata_props.into_iter().map(|property| (property.key, property.value)).collect();
    Ok(OnnxBase { convolutions, input, metadata, normalised })
}

/// One convolution of a chain, with what follows it.
struct Link<'g> {
    convolution: &'g Node,
    /// A bias that is added by a node of its own.
    added: Option<&'g str>,
    norm: Option<&'g Node>,
    relu: bool,
    pool: Option<&'g Node>,
}

/// A run of convolutions.
#[derive(Default)]
struct Chain<'g> {
    layers: Vec<Link<'g>>,
}

/// The longest chain: a graph may hold other convolutions, in its head or in a second branch.
fn longest_chain<'g>(walk: &Walk<'g>) -> Chain<'g> {
    let starts = walk.nodes.iter().filter(|node| node.op_type == "Conv" && !follows_convolution(walk, node));
    let mut best = Chain::default();
    for start in starts.take(MAX_STARTS) {
        let chain = follow(walk, start);
        if chain.layers.len() > best.layers.len() {
            best = chain;
        }
    }
    best
}

/// Branches to try; following each costs the length of the chain.
const MAX_STARTS: usize = 64;

/// Longer chains are no VGG16; the fourteenth convolution is enough to say so.
const MAX_LAYERS: usize = 32;

/// Whether a convolution's input comes from another one, through what stands between the layers of VGG16.
fn follows_convolution(walk: &Walk<'_>, node: &Node) -> bool {
    const BETWEEN: [&str; 6] = ["Relu", "MaxPool", "BatchNormalization", "Identity", "Dropout", "Add"];
    let mut node = node;
    for _ in 0..MAX_LAYERS {
        let Some(maker) = node.input.first().and_then(|input| walk.maker(input)) else { return false };
        if maker.op_type == "Conv" {
            return true;
        }
        if !BETWEEN.contains(&maker.op_type.as_str()) {
            return false;
        }
        node = maker;
    }
    false
}

/// Follows the values from one convolution to the last one that stands in a row with it.
fn follow<'g>(walk: &Walk<'g>, start: &'g Node) -> Chain<'g> {
    let mut chain = Chain::default();
    let mut next = Some(start);
    let mut steps = 0;
    while let Some(node) = next {
        steps += 1;
        if steps > MAX_LAYERS * 8 || chain.layers.len() > MAX_LAYERS || !take(&mut chain, walk, node) {
            break;
        }
        next = node.output.first().and_then(|output| in_base(walk, output));
    }
    chain
}

/// The user of a value that can belong to the base; a head's `Shape` or `Transpose` cannot.
fn in_base<'g>(walk: &Walk<'g>, value: &str) -> Option<&'g Node> {
    const BASE: [&str; 7] = ["Conv", "Relu", "MaxPool", "BatchNormalization", "Identity", "Dropout", "Add"];
    walk.users(value).find(|node| {
        let first = node.input.first().is_some_and(|input| input == value);
        BASE.contains(&node.op_type.as_str()) && (first || node.op_type == "Add")
    })
}

/// Adds a node to the chain; false where it does not belong to it.
fn take<'g>(chain: &mut Chain<'g>, walk: &Walk<'g>, node: &'g Node) -> bool {
    if node.op_type == "Conv" {
        chain.layers.push(Link { convolution: node, added: None, norm: None, relu: false, pool: None });
        return true;
    }
    let Some(link) = chain.layers.last_mut() else { return false };
    match node.op_type.as_str() {
        "Relu" => link.relu = true,
        "MaxPool" => link.pool = Some(node),
        "BatchNormalization" if !link.relu => link.norm = Some(node),
        "Identity" | "Dropout" => {}
        "Add" if !link.relu && link.added.is_none() => {
            link.added = node.input.iter().find(|input| walk.constant(input).is_ok()).map(String::as_str);
            return link.added.is_some();
        }
        _ => return false,
    }
    true
}

/// The chain as a base, with everything in it that is not VGG16's.
fn base<'g>(walk: &Walk<'g>, chain: Chain<'g>) -> Result<Base<'g>, Problem> {
    let (mut layers, mut faults) = (Vec::new(), Vec::new());
    for at in 0..CONVOLUTIONS {
        match chain.layers.get(at) {
            Some(link) => {
                check_link(at, link, &mut faults);
                layers.push(layer(walk, link, &mut faults)?);
            }
            None => layers.push(absent(at)),
        }
    }
    let extra = chain.layers.iter().skip(CONVOLUTIONS);
    faults.extend(extra.map(|link| Fault::Extra { name: shown(link.convolution).to_owned() }));
    Ok(Base { layout: Layout::Oihw, layers, faults })
}

/// How messages call a node.
fn shown(node: &Node) -> &str {
    if node.name.is_empty() { node.output.first().map_or("unnamed", String::as_str) } else { &node.name }
}

fn absent(at: usize) -> Layer<'static> {
    let place = |part: &str| Place { name: format!("convolution {}: {part}", at + 1), found: None };
    Layer { weight: place("weights"), bias: place("bias"), norm: None }
}

/// Holds a convolution, and what follows it, to VGG16.
fn check_link(at: usize, link: &Link<'_>, faults: &mut Vec<Fault>) {
    let mut wrong = |detail: String| faults.push(Fault::Layer { name: shown(link.convolution).to_owned(), detail });
    let node = link.convolution;
    let padded = ints(node, "pads").map_or_else(|| pads_itself(node), |pads| pads == [1, 1, 1, 1]);
    if !padded {
        wrong(format!("its padding is {:?}, expected one pixel on every side", ints(node, "pads").unwrap_or(&[])));
    }
    for attribute in ["strides", "dilations"] {
        if let Some(found) = ints(node, attribute).filter(|found| found.iter().any(|&step| step != 1)) {
            wrong(format!("its {attribute} are {found:?}, expected 1"));
        }
    }
    if node.attribute.iter().any(|attribute| attribute.name == "group" && attribute.i != 1) {
        wrong("its channels are in groups, expected one".to_owned());
    }
    let last = at + 1 == CONVOLUTIONS;
    if !link.relu && !last {
        wrong("no ReLU follows it".to_owned());
    }
    match (POOL_AFTER.contains(&(at + 1)), link.pool) {
        (true, None) if !last => wrong("no 2x2 max-pool follows it".to_owned()),
        (false, Some(_)) => wrong("a pool follows it, where VGG16 has none".to_owned()),
        (true, Some(pool)) if ints(pool, "kernel_shape") != Some(&[2, 2]) || ints(pool, "strides") != Some(&[2, 2]) => {
            wrong("the pool that follows it is not 2x2 at every second pixel".to_owned());
        }
        _ => {}
    }
}

/// Whether a convolution without `pads` pads as TensorFlow's `same` does, which is one pixel for 3x3 at stride 1.
fn pads_itself(node: &Node) -> bool {
    node.attribute.iter().any(|attribute| attribute.name == "auto_pad" && attribute.s.starts_with(b"SAME"))
}

/// The tensors of a convolution and of its batch normalisation.
fn layer<'g>(walk: &Walk<'g>, link: &Link<'g>, faults: &mut Vec<Fault>) -> Result<Layer<'g>, Problem> {
    let node = link.convolution;
    let mut place = |input: Option<&str>, part: &str| -> Result<Place<'g>, Problem> {
        let Some(value) = input.filter(|value| !value.is_empty()) else {
            return Ok(Place { name: format!("{}: {part}", shown(node)), found: None });
        };
        match walk.constant(value) {
            Ok(tensor) => Ok(Place { name: value.to_owned(), found: Some(walk.found(tensor, value)?) }),
            Err(why) => {
                let detail = format!("its {part} are no constant: {why}");
                faults.push(Fault::Layer { name: shown(node).to_owned(), detail });
                Ok(Place { name: value.to_owned(), found: None })
            }
        }
    };
    let input = |node: &'g Node, at: usize| node.input.get(at).map(String::as_str);
    let weight = place(input(node, 1), "weights")?;
    let mut bias = place(input(node, 2).or(link.added), "bias")?;
    if let Some(added) = bias.found.as_mut().filter(|_| link.added.is_some()) {
        // An added bias is broadcast over the image: `[1, C, 1, 1]` or `[C, 1, 1]`.
        added.shape.retain(|&dim| dim != 1);
    }
    let norm = link.norm.map(|norm| -> Result<Norm<'g>, Problem> {
        let epsilon = norm.attribute.iter().find(|attribute| attribute.name == "epsilon");
        Ok(Norm {
            gamma: place(input(norm, 1), "scales")?,
            beta: place(input(norm, 2), "shifts")?,
            mean: place(input(norm, 3), "means")?,
            variance: place(input(norm, 4), "variances")?,
            epsilon: epsilon.map_or(1e-5, |attribute| f64::from(attribute.f)),
        })
    });
    Ok(Layer { weight, bias, norm: norm.transpose()? })
}

/// The means of Caffe's and torchvision's preprocessing, on both scales.
const CAFFE_BGR: [f32; 3] = [103.939, 116.779, 123.68];
const TORCH: [f32; 3] = [0.485, 0.456, 0.406];

/// Reads the nodes before the first convolution for constants that are known means.
fn input_of(walk: &Walk<'_>, first: &Node) -> GraphInput {
    let (mut value, mut turned, mut input) = (first.input.first(), false, GraphInput::Unknown);
    for _ in 0..MAX_LAYERS {
        let Some(node) = value.and_then(|value| walk.maker(value)) else { break };
        let constants =
            node.input.iter().filter_map(|input| walk.constant(input).ok()).filter_map(|tensor| walk.numbers(tensor));
        for constant in constants {
            let near = |wanted: [f32; 3], scale: f32| {
                constant.len() == 3
                    && constant.iter().zip(wanted).all(|(a, b)| (a.abs() - b * scale).abs() < 0.01 * scale)
            };
            let mut rgb = CAFFE_BGR;
            rgb.reverse();
            match () {
                () if near(CAFFE_BGR, 1.0) => input = GraphInput::CaffeBgr,
                () if near(rgb, 1.0) => input = GraphInput::CaffeRgb,
                () if near(TORCH, 1.0) || near(TORCH, 255.0) => input = GraphInput::Torch,
                () => {}
            }
            turned |= constant == [2.0, 1.0, 0.0] && node.op_type == "Gather";
        }
        value = node.input.iter().find(|input| walk.constant(input).is_err());
    }
    if turned && input == GraphInput::CaffeRgb { GraphInput::CaffeBgr } else { input }
}
