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

use super::super::assemble::{Base, Layer, Layout, Place};
use super::super::error::Fault;
use super::super::hdf5::Tree;
use super::super::shape::CONVOLUTIONS;
use super::super::torch_names::{block_of, in_block};
use super::norms::{self, Norms};
use super::order::{Listed, by_number, listed};
use super::paths::{Part, locate};
use super::tensors::{Layers, Tensors};

/// What a file's base is like, besides its tensors.
pub(in crate::weights) struct KerasBase {
    pub(in crate::weights) base: Base<'static>,
    /// Names of tensors outside the base.
    pub(in crate::weights) ignored: Vec<String>,
    /// What was done about batch normalisation.
    pub(in crate::weights) note: Option<String>,
}

/// The base of the model with the most convolutions. `config`: the model's description, where it is not in the file itself.
pub(in crate::weights) fn base(tree: Tree, config: Option<&str>) -> KerasBase {
    let Tree { datasets, layer_names, order, backend, config: own } = tree;
    let mut models: BTreeMap<String, Layers> = BTreeMap::new();
    for found in datasets {
        let (model, layer, part) = locate(&found.name, |path| layer_names.get(path).cloned());
        models.entry(model).or_default().entry(layer).or_default().add(part, found);
    }
    models.values_mut().flat_map(Layers::values_mut).for_each(Tensors::name_numbered);
    let most = models.iter().max_by_key(|(_, layers)| convolutions(layers)).map(|(model, _)| model.clone());
    let mut layers = most.and_then(|model| models.remove(&model)).unwrap_or_default();
    let outside = models.into_values().flat_map(Layers::into_iter);
    let mut ignored: Vec<String> = outside.flat_map(|(_, tensors)| tensors.into_names()).collect();
    let layout = layout(&layers, backend.as_deref());
    let order = listed(&layers, config.or(own.as_deref()), &order);
    let mut norms = norms::take(&mut layers, &order);
    let note = norms.note.take();
    let (places, faults) = place(layers, &order, layout, norms, &mut ignored);
    ignored.sort();
    KerasBase { base: Base { layout, layers: places, faults }, ignored, note }
}

fn convolutions(layers: &Layers) -> usize {
    layers.values().filter(|tensors| tensors.is_convolution()).count()
}

/// `HWIO`, unless most kernels have their 3x3 at the end: then Theano's order, turned if Theano wrote it.
fn layout(layers: &Layers, backend: Option<&str>) -> Layout {
    let shapes = layers.values().filter_map(Tensors::kernel).map(|kernel| kernel.shape.as_slice());
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
    order: &[Listed],
    layout: Layout,
    mut norms: Norms,
    ignored: &mut Vec<String>,
) -> (Vec<Layer<'static>>, Vec<Fault>) {
    let by_name = layers.keys().any(|layer| named(layer).is_some());
    let (mut inside, mut faults) = (Vec::new(), std::mem::take(&mut norms.faults));
    for (layer, tensors) in layers {
        let at = if by_name { named(&layer) } else { tensors.is_convolution().then_some(Ok(0)) };
        match at {
            Some(Ok(at)) => inside.push((at, layer, tensors)),
            Some(Err(())) => faults.extend(tensors.into_names().map(|name| Fault::Extra { name })),
            None if by_name && layer.starts_with("block") && !tensors.is_norm() => {
                faults.extend(tensors.into_names().map(|name| Fault::Extra { name }));
            }
            None => ignored.extend(tensors.into_names()),
        }
    }
    if !by_name {
        let listed = |layer: &String| order.iter().position(|listed| listed.name == *layer).unwrap_or(order.len());
        inside.sort_by(|(_, a, _), (_, b, _)| listed(a).cmp(&listed(b)).then_with(|| by_number(a, b)));
        for (at, (place, _, _)) in inside.iter_mut().enumerate() {
            *place = at;
        }
    }
    let mut slots: [Option<(String, Tensors)>; CONVOLUTIONS] = std::array::from_fn(|_| None);
    for (at, layer, tensors) in inside {
        match slots.get_mut(at) {
            Some(slot) => *slot = Some((layer, tensors)),
            None => faults.extend(tensors.into_names().map(|name| Fault::Extra { name })),
        }
    }
    let layers =
        slots.into_iter().enumerate().map(|(at, slot)| layer(at, slot, layout, &mut norms, &mut faults)).collect();
    (layers, faults)
}

/// The tensors of the convolution at a place, and of the batch normalisation after it.
fn layer(
    at: usize,
    slot: Option<(String, Tensors)>,
    layout: Layout,
    norms: &mut Norms,
    faults: &mut Vec<Fault>,
) -> Layer<'static> {
    let (block, place) = block_of(at);
    let (name, mut tensors) = slot.unwrap_or_else(|| (format!("block{block}_conv{place}"), Tensors::default()));
    let words = if layout == Layout::Hwio { ["kernel", "bias"] } else { ["W", "b"] };
    let mut take = |word: &str, part: Part| Place { name: format!("{name}/{word}"), found: tensors.take(part) };
    let (weight, bias) = (take(words[0], Part::Kernel), take(words[1], Part::Bias));
    faults.extend(tensors.into_names().map(|name| Fault::Extra { name }));
    Layer { weight, bias, norm: norms.after.remove(&name) }
}
