//! Finds VGG16's base among tensors named as PyTorch names them, whatever prefix they carry.
//!
//! torchvision and timm number the modules of one Sequential: `features.0.weight`, `features.2.weight`, ...; with batch
//! normalisation the numbers are others. Checkpoints wrap them: `module.`, `state_dict.model.`, `backbone.`. A few old
//! conversions from Caffe call them `conv1_1.weight`.

use std::collections::{BTreeMap, HashMap};

use super::assemble::{Base, Layer, Layout, Norm, Place};
use super::error::Fault;
use super::found::Found;
use super::shape::{CONVOLUTIONS, POOL_AFTER};

/// PyTorch's default; nobody's VGG16 sets another, and no state dict says.
const EPSILON: f64 = 1e-5;

/// Where each convolution sits in torchvision's `features`, without and with batch normalisation.
pub(super) fn indices(normalised: bool) -> [usize; CONVOLUTIONS] {
    let mut index = 0;
    let step = if normalised { 3 } else { 2 };
    std::array::from_fn(|convolution| {
        let here = index;
        index += step + usize::from(POOL_AFTER.contains(&(convolution + 1)));
        here
    })
}

/// The base, and the names of the tensors that are no part of it.
pub(super) fn base<'a>(found: Vec<Found<'a>>) -> (Base<'a>, Vec<String>) {
    let caffe = found.iter().filter(|tensor| caffe_place(&tensor.name).is_some()).count();
    if caffe >= CONVOLUTIONS { by_caffe_names(found) } else { by_index(found) }
}

/// `prefix`, `index`, `part` of a name like `model.features.28.weight`.
fn split(name: &str) -> Option<(&str, usize, &str)> {
    let (module, part) = name.rsplit_once('.')?;
    let (prefix, index) = match module.rsplit_once('.') {
        Some((prefix, index)) => (prefix, index),
        None => ("", module),
    };
    Some((prefix, index.parse().ok()?, part))
}

/// The prefix that holds the convolutions: one that ends in `features` before others, then the one with the most.
fn prefix_of(found: &[Found<'_>]) -> String {
    let mut kernels: BTreeMap<&str, usize> = BTreeMap::new();
    for tensor in found.iter().filter(|tensor| tensor.shape.len() == 4) {
        if let Some((prefix, _, "weight")) = split(&tensor.name) {
            *kernels.entry(prefix).or_default() += 1;
        }
    }
    let best = kernels
        .into_iter()
        .max_by_key(|(prefix, count)| (prefix.ends_with("features"), *count, std::cmp::Reverse(prefix.len())));
    best.map_or("features".to_owned(), |(prefix, _)| prefix.to_owned())
}

fn by_index<'a>(found: Vec<Found<'a>>) -> (Base<'a>, Vec<String>) {
    let prefix = prefix_of(&found);
    let mut inside: HashMap<String, Found<'a>> = HashMap::new();
    let mut outside = Vec::new();
    for tensor in found {
        match split(&tensor.name) {
            Some((of, _, _)) if of == prefix => drop(inside.insert(tensor.name.clone(), tensor)),
            _ => outside.push(tensor.name),
        }
    }
    let normalised = inside.keys().any(|name| name.ends_with(".running_mean"));
    let dotted = if prefix.is_empty() { String::new() } else { format!("{prefix}.") };
    let mut place = |index: usize, part: &str| {
        let name = format!("{dotted}{index}.{part}");
        Place { found: inside.remove(&name), name }
    };
    let layers = indices(normalised).map(|index| Layer {
        weight: place(index, "weight"),
        bias: place(index, "bias"),
        norm: normalised.then(|| Norm {
            gamma: place(index + 1, "weight"),
            beta: place(index + 1, "bias"),
            mean: place(index + 1, "running_mean"),
            variance: place(index + 1, "running_var"),
            epsilon: EPSILON,
        }),
    });
    let mut extra: Vec<String> = inside.into_keys().filter(|name| !name.ends_with(".num_batches_tracked")).collect();
    extra.sort_by_key(|name| split(name).map(|(_, index, part)| (index, part.to_owned())));
    let faults = extra.into_iter().map(|name| Fault::Extra { name }).collect();
    (Base { layout: Layout::Oihw, layers: layers.into(), faults }, outside)
}

/// The block, the place in it (both from 1) and the part of a name like `base.conv3_2.bias`.
fn caffe_label(name: &str) -> Option<(usize, usize, &str)> {
    let (module, part) = name.rsplit_once('.')?;
    let label = module.rsplit('.').next()?.strip_prefix("conv")?;
    let (block, place) = label.split_once('_')?;
    Some((block.parse().ok()?, place.parse().ok()?, part))
}

/// The convolution (from 0) and the part of such a name, where VGG16 has that convolution.
fn caffe_place(name: &str) -> Option<(usize, &str)> {
    let (block, place, part) = caffe_label(name)?;
    Some((in_block(block, place)?, part))
}

/// The convolution, counted from 0, at a place of a block, both counted from 1.
pub(super) fn in_block(block: usize, place: usize) -> Option<usize> {
    let last = *POOL_AFTER.get(block.checked_sub(1)?)?;
    let before = block.checked_sub(2).map_or(0, |index| POOL_AFTER[index]);
    (1..=last - before).contains(&place).then(|| before + place - 1)
}

/// The block and the place in it, both from 1, of a convolution counted from 0.
pub(super) fn block_of(convolution: usize) -> (usize, usize) {
    let block = POOL_AFTER.iter().position(|&last| convolution < last).expect("there are 13 convolutions");
    let before = block.checked_sub(1).map_or(0, |index| POOL_AFTER[index]);
    (block + 1, convolution - before + 1)
}

fn by_caffe_names<'a>(found: Vec<Found<'a>>) -> (Base<'a>, Vec<String>) {
    let mut inside: HashMap<(usize, String), Found<'a>> = HashMap::new();
    let (mut outside, mut faults) = (Vec::new(), Vec::new());
    for tensor in found {
        match caffe_place(&tensor.name).map(|(index, part)| (index, part.to_owned())) {
            Some(key) => drop(inside.insert(key, tensor)),
            None if caffe_label(&tensor.name).is_some() => faults.push(Fault::Extra { name: tensor.name }),
            None => outside.push(tensor.name),
        }
    }
    let layers = (0..CONVOLUTIONS).map(|index| {
        let (block, within) = block_of(index);
        let mut place = |part: &str| Place {
            name: format!("conv{block}_{within}.{part}"),
            found: inside.remove(&(index, part.to_owned())),
        };
        Layer { weight: place("weight"), bias: place("bias"), norm: None }
    });
    let layers = layers.collect();
    faults.extend(inside.into_values().map(|tensor| Fault::Extra { name: tensor.name }));
    (Base { layout: Layout::Oihw, layers, faults }, outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_torchvision() {
        assert_eq!(indices(false), [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]);
        assert_eq!(indices(true), [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40]);
    }

    #[test]
    fn blocks_and_convolutions_agree() {
        for convolution in 0..CONVOLUTIONS {
            let (block, place) = block_of(convolution);
            assert_eq!(in_block(block, place), Some(convolution));
        }
        assert_eq!(in_block(1, 3), None);
        assert_eq!(in_block(6, 1), None);
        assert_eq!(in_block(0, 1), None);
    }
}
