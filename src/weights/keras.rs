//! Finds VGG16's base among the layers of a Keras file, of any Keras since 1.0.
//!
//! | written by | a kernel's path |
//! | --- | --- |
//! | Keras 1, and the published files | `block1_conv1/block1_conv1_W_1:0` |
//! | Keras 2, `.h5` | `[model_weights/]block1_conv1/block1_conv1/kernel:0` |
//! | Keras 3, `.h5` | `model_weights/vgg16/block1_conv1/kernel` |
//! | Keras 3, `.weights.h5` and `.keras` | `layers/conv2d_3/vars/0` (the layer's name in an attribute, or nowhere) |
//! | the blog's own file | `layer_1/param_0`, Theano's layout |

use std::collections::BTreeMap;

use super::assemble::{Base, Layer, Layout, Place};
use super::error::Fault;
use super::found::Found;
use super::hdf5::Tree;
use super::shape::CONVOLUTIONS;
use super::torch_names::{block_of, in_block};

/// A layer's tensors, by what they are.
#[derive(Default)]
struct Tensors {
    kernel: Option<Found<'static>>,
    bias: Option<Found<'static>>,
    others: Vec<String>,
}

/// The layers of one model (a group of layers side by side), by name.
type Layers = BTreeMap<String, Tensors>;

/// What a file's base is like, besides its tensors.
pub(super) struct KerasBase {
    pub(super) base: Base<'static>,
    /// Names of tensors outside the base.
    pub(super) ignored: Vec<String>,
}

/// The base of the model with the most convolutions.
pub(super) fn base(tree: Tree) -> KerasBase {
    let Tree { datasets, layer_names, order, backend } = tree;
    let mut models: BTreeMap<String, Layers> = BTreeMap::new();
    for found in datasets {
        let (model, layer, part) = locate(&found.name, |path| layer_names.get(path).cloned());
        let tensors = models.entry(model).or_default().entry(layer).or_default();
        match part {
            Part::Kernel if tensors.kernel.is_none() => tensors.kernel = Some(found),
            Part::Bias if tensors.bias.is_none() => tensors.bias = Some(found),
            Part::Kernel | Part::Bias | Part::Other => tensors.others.push(found.name),
        }
    }
    let most = models.iter().max_by_key(|(_, layers)| convolutions(layers)).map(|(model, _)| model.clone());
    let layers = most.and_then(|model| models.remove(&model)).unwrap_or_default();
    let outside = models.into_values().flat_map(Layers::into_iter);
    let mut ignored: Vec<String> = outside.flat_map(|(_, tensors)| names(tensors)).collect();
    let layout = layout(&layers, backend.as_deref());
    let (places, faults) = place(layers, &order, layout, &mut ignored);
    ignored.sort();
    KerasBase { base: Base { layout, layers: places, faults }, ignored }
}

fn is_convolution(tensors: &Tensors) -> bool {
    tensors.kernel.as_ref().is_some_and(|kernel| kernel.shape.len() == 4)
}

fn convolutions(layers: &Layers) -> usize {
    layers.values().filter(|tensors| is_convolution(tensors)).count()
}

fn names(tensors: Tensors) -> impl Iterator<Item = String> {
    let own = tensors.kernel.into_iter().chain(tensors.bias).map(|found| found.name);
    own.chain(tensors.others)
}

enum Part {
    Kernel,
    Bias,
    Other,
}

/// The model, the layer and the part that a dataset's path names.
fn locate(path: &str, layer_name: impl Fn(&str) -> Option<String>) -> (String, String, Part) {
    let (group, leaf) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(layer_group) = group.strip_suffix("/vars") {
        let (model, layer) = layer_group.rsplit_once('/').unwrap_or(("", layer_group));
        let part = match leaf {
            "0" => Part::Kernel,
            "1" => Part::Bias,
            _ => Part::Other,
        };
        return (model.to_owned(), layer_name(group).unwrap_or(layer.to_owned()), part);
    }
    // Keras repeats the layer's name (`block1_conv1/block1_conv1/kernel:0`), with the model's between or not.
    let layer = group.rsplit('/').next().unwrap_or(group);
    let model: Vec<&str> = group.split('/').take_while(|word| *word != layer).collect();
    (model.join("/"), layer.to_owned(), part(leaf))
}

/// The part that the last word of a legacy path names.
fn part(leaf: &str) -> Part {
    let word = leaf.split(':').next().unwrap_or(leaf);
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    match word {
        _ if leaf == "param_0" => Part::Kernel,
        _ if leaf == "param_1" => Part::Bias,
        _ if word == "kernel" || word.ends_with("_W") => Part::Kernel,
        _ if word == "bias" || word.ends_with("_b") => Part::Bias,
        _ => Part::Other,
    }
}

/// `HWIO`, unless most kernels have their 3x3 at the end: then Theano's order, turned if Theano wrote it.
fn layout(layers: &Layers, backend: Option<&str>) -> Layout {
    let shapes = layers.values().filter_map(|tensors| tensors.kernel.as_ref()).map(|kernel| kernel.shape.as_slice());
    let (mut first, mut last) = (0, 0);
    for shape in shapes {
        first += usize::from(matches!(shape, [3, 3, _, _]));
        last += usize::from(matches!(shape, [_, _, 3, 3]));
    }
    match backend {
        _ if first >= last => Layout::Hwio,
        Some("tensorflow") => Layout::Oihw,
        _ => Layout::OihwTurned,
    }
}

/// The convolution (from 0) that `block3_conv2` names; an error where the name has VGG's form and VGG16 no such layer.
fn named(layer: &str) -> Option<Result<usize, ()>> {
    let (block, place) = layer.strip_prefix("block")?.split_once("_conv")?;
    Some(in_block(block.parse().ok()?, place.parse().ok()?).ok_or(()))
}

/// Puts each convolution at its place: by name where the names are VGG16's, else in the order of the model.
fn place(
    layers: Layers,
    order: &[String],
    layout: Layout,
    ignored: &mut Vec<String>,
) -> (Vec<Layer<'static>>, Vec<Fault>) {
    let by_name = layers.keys().any(|layer| named(layer).is_some());
    let (mut inside, mut faults) = (Vec::new(), Vec::new());
    for (layer, tensors) in layers {
        let at = if by_name { named(&layer) } else { is_convolution(&tensors).then_some(Ok(0)) };
        match at {
            Some(Ok(at)) => inside.push((at, layer, tensors)),
            Some(Err(())) => faults.extend(names(tensors).map(|name| Fault::Extra { name })),
            None if by_name && layer.starts_with("block") => {
                faults.extend(names(tensors).map(|name| Fault::Extra { name }));
            }
            None => ignored.extend(names(tensors)),
        }
    }
    if !by_name {
        inside.sort_by_key(|(_, layer, _)| place_in_model(layer, order));
        for (at, (place, _, _)) in inside.iter_mut().enumerate() {
            *place = at;
        }
    }
    let mut slots: [Option<(String, Tensors)>; CONVOLUTIONS] = std::array::from_fn(|_| None);
    for (at, layer, tensors) in inside {
        match slots.get_mut(at) {
            Some(slot) => *slot = Some((layer, tensors)),
            None => faults.extend(names(tensors).map(|name| Fault::Extra { name })),
        }
    }
    let layers = slots.into_iter().enumerate().map(|(at, slot)| layer(at, slot, layout, &mut faults)).collect();
    (layers, faults)
}

/// Where a layer stands in its model: the file's own list first, then by its number (`conv2d_9` before `conv2d_10`).
fn place_in_model(layer: &str, order: &[String]) -> (usize, u64, String) {
    let listed = order.iter().position(|name| name == layer).unwrap_or(order.len());
    let digits = layer.len() - layer.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = layer[layer.len() - digits..].parse().unwrap_or(0);
    (listed, number, layer.to_owned())
}

fn layer(at: usize, slot: Option<(String, Tensors)>, layout: Layout, faults: &mut Vec<Fault>) -> Layer<'static> {
    let (block, place) = block_of(at);
    let (name, tensors) = slot.unwrap_or_else(|| (format!("block{block}_conv{place}"), Tensors::default()));
    faults.extend(tensors.others.into_iter().map(|name| Fault::Extra { name }));
    let words = if layout == Layout::Hwio { ["kernel", "bias"] } else { ["W", "b"] };
    let [weight, bias] = words.map(|word| format!("{name}/{word}"));
    Layer {
        weight: Place { name: weight, found: tensors.kernel },
        bias: Place { name: bias, found: tensors.bias },
        norm: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(path: &str) -> (String, String, &'static str) {
        let (model, layer, part) = locate(path, |_| None);
        let part = match part {
            Part::Kernel => "kernel",
            Part::Bias => "bias",
            Part::Other => "other",
        };
        (model, layer, part)
    }

    #[test]
    fn every_kind_of_path_names_its_layer() {
        let layer = "block1_conv1".to_owned();
        assert_eq!(located("block1_conv1/block1_conv1_W_1:0"), ("".into(), layer.clone(), "kernel"));
        assert_eq!(located("block1_conv1/block1_conv1_b_1:0"), ("".into(), layer.clone(), "bias"));
        assert_eq!(located("block1_conv1/block1_conv1/kernel:0"), ("".into(), layer.clone(), "kernel"));
        let inner = "model_weights/vgg16".to_owned();
        assert_eq!(located("model_weights/vgg16/block1_conv1/bias:0"), (inner, layer.clone(), "bias"));
        let outer = "model_weights".to_owned();
        assert_eq!(located("model_weights/block1_conv1/vgg16/block1_conv1/kernel"), (outer, layer, "kernel"));
        assert_eq!(located("layers/conv2d_3/vars/0"), ("layers".into(), "conv2d_3".into(), "kernel"));
        assert_eq!(located("layer_1/param_0"), ("".into(), "layer_1".into(), "kernel"));
        assert_eq!(located("bn/moving_mean:0"), ("".into(), "bn".into(), "other"));
    }

    #[test]
    fn layers_without_names_are_ordered_by_number() {
        let mut names = ["conv2d_10", "conv2d", "conv2d_9", "conv2d_1"];
        names.sort_by_key(|name| place_in_model(name, &[]));
        assert_eq!(names, ["conv2d", "conv2d_1", "conv2d_9", "conv2d_10"]);
    }
}
