//! Which batch normalisation belongs to which convolution.
//!
//! It can be folded where it stands right after a convolution that has no activation of its own. By the order of the model, where
//! the file tells it; else one to each convolution, in the order of their numbers.

use std::collections::BTreeMap;

use super::super::assemble::{Norm, Place};
use super::super::element::Element;
use super::super::error::Fault;
use super::super::found::{Found, Values};
use super::super::shape::CONVOLUTIONS;
use super::order::{Listed, by_number, stem};
use super::paths::Part;
use super::tensors::{Layers, Tensors};

/// Keras' default, of every version.
const EPSILON: f64 = 1e-3;

/// The batch normalisations of a model.
#[derive(Default)]
pub(super) struct Norms {
    /// By the name of the convolution before it.
    pub(super) after: BTreeMap<String, Norm<'static>>,
    /// Those that have no place, and tensors that have none.
    pub(super) faults: Vec<Fault>,
    /// What was assumed of them, for who reads.
    pub(super) note: Option<String>,
}

/// A convolution and the batch normalisation after it, by name.
struct Pair<'l> {
    convolution: String,
    norm: String,
    listed: Option<&'l Listed>,
    /// Whether the file tells that nothing stands between the two.
    is_told: bool,
}

/// Takes the batch normalisations of the base out of a model's layers; those of a head stay.
pub(super) fn take(layers: &mut Layers, order: &[Listed]) -> Norms {
    let is_listed = |name: &String| order.iter().any(|listed| listed.name == *name);
    let mut of_interest = layers.iter().filter(|(_, tensors)| tensors.is_norm() || tensors.is_convolution());
    let mut faults = Vec::new();
    let pairs = match of_interest.all(|(name, _)| is_listed(name)) {
        true => by_order(layers, order, &mut faults),
        false => by_numbers(layers, &mut faults),
    };
    let mut norms = Norms { note: note(&pairs), faults, after: BTreeMap::new() };
    for pair in pairs {
        let mut tensors = layers.remove(&pair.norm).expect("it was found among them");
        let norm = norm(&pair, &mut tensors);
        norms.faults.extend(tensors.into_names().map(|name| Fault::Extra { name }));
        norms.after.insert(pair.convolution, norm);
    }
    norms
}

/// Follows the model from layer to layer.
fn by_order<'l>(layers: &Layers, order: &'l [Listed], faults: &mut Vec<Fault>) -> Vec<Pair<'l>> {
    let is = |listed: &Listed, what: fn(&Tensors) -> bool| layers.get(&listed.name).is_some_and(what);
    let last = order.iter().rposition(|listed| is(listed, Tensors::is_convolution));
    let (mut pairs, mut open) = (Vec::new(), None);
    for (at, listed) in order.iter().enumerate() {
        if is(listed, Tensors::is_convolution) {
            open = Some(listed).filter(|listed| listed.is_linear != Some(false));
        } else if is(listed, Tensors::is_norm) {
            match open.take() {
                Some(convolution) => pairs.push(Pair {
                    convolution: convolution.name.clone(),
                    norm: listed.name.clone(),
                    listed: Some(listed),
                    is_told: convolution.is_linear.is_some(),
                }),
                None if last.is_some_and(|last| at > last) => {}
                None => {
                    faults.push(unplaced(&listed.name, "it does not stand between a convolution and its activation"))
                }
            }
        } else if !listed.is_dropout {
            open = None;
        }
    }
    pairs
}

/// One to each convolution, where there are as many and they are numbered alike.
fn by_numbers(layers: &Layers, faults: &mut Vec<Fault>) -> Vec<Pair<'static>> {
    let sorted = |what: fn(&Tensors) -> bool| {
        let mut names: Vec<&String> =
            layers.iter().filter(|(_, tensors)| what(tensors)).map(|(name, _)| name).collect();
        names.sort_by(|a, b| by_number(a, b));
        names
    };
    let (convolutions, norms) = (sorted(Tensors::is_convolution), sorted(Tensors::is_norm));
    let are_alike = norms.iter().all(|norm| stem(norm) == stem(norms[0]));
    if norms.len() == CONVOLUTIONS && convolutions.len() == CONVOLUTIONS && are_alike {
        let pairs = convolutions.into_iter().zip(norms);
        return pairs
            .map(|(convolution, norm)| Pair {
                convolution: convolution.clone(),
                norm: norm.clone(),
                listed: None,
                is_told: false,
            })
            .collect();
    }
    // The convolutions that Keras itself calls so have their activations inside: what is normalised there is the head.
    let are_keras_own = convolutions.iter().all(|name| name.starts_with("block"));
    if !(are_keras_own && norms.len() < CONVOLUTIONS) {
        let why = "the file does not tell after which convolution it stands (one of the whole model does: `model.save(FILE)`)";
        faults.extend(norms.into_iter().map(|name| unplaced(name, why)));
    }
    Vec::new()
}

fn unplaced(name: &str, why: &str) -> Fault {
    Fault::Layer { name: name.to_owned(), detail: format!("this batch normalisation cannot be folded: {why}") }
}

fn note(pairs: &[Pair<'_>]) -> Option<String> {
    let folded = "batch normalisation was folded into the convolutions";
    match pairs {
        [] => None,
        pairs if pairs.iter().all(|pair| pair.is_told) => Some(folded.to_owned()),
        _ => Some(format!(
            "{folded}, as if it stood before their activations, with an epsilon of {EPSILON}: the file does not tell"
        )),
    }
}

/// The tensors of a batch normalisation, each in its place.
fn norm(pair: &Pair<'_>, tensors: &mut Tensors) -> Norm<'static> {
    let affine = pair.listed.map_or([true; 2], |listed| listed.affine);
    let wanted = [(affine[0], Part::Gamma), (affine[1], Part::Beta), (true, Part::Mean), (true, Part::Variance)];
    let mut numbered = tensors.take_numbered().into_iter();
    let mut found =
        wanted.map(|(is_there, part)| if is_there { tensors.take(part).or_else(|| numbered.next()) } else { None });
    let width = found[3].as_ref().and_then(Found::len).unwrap_or(0);
    for (at, value) in [1.0, 0.0].into_iter().enumerate().filter(|&(at, _)| !affine[at]) {
        found[at] = Some(Found {
            name: format!("{}/{}", pair.norm, WORDS[at]),
            shape: vec![width],
            element: Ok(Element::F32),
            values: Values::Floats(vec![value; width]),
        });
    }
    let mut places =
        found.into_iter().zip(WORDS).map(|(found, word)| Place { name: format!("{}/{word}", pair.norm), found });
    let mut next = || places.next().expect("there are four");
    let (gamma, beta, mean, variance) = (next(), next(), next(), next());
    let epsilon = pair.listed.and_then(|listed| listed.epsilon).unwrap_or(EPSILON);
    Norm { gamma, beta, mean, variance, epsilon }
}

/// What Keras calls the four.
const WORDS: [&str; 4] = ["gamma", "beta", "moving_mean", "moving_variance"];
