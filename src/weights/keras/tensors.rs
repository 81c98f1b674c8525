//! The tensors of one layer, by what they are to it.

use std::collections::BTreeMap;

use super::super::found::Found;
use super::paths::Part;

/// The layers of one model (a group of layers side by side), by name.
pub(super) type Layers = BTreeMap<String, Tensors>;

/// A layer's tensors.
#[derive(Default)]
pub(super) struct Tensors {
    parts: BTreeMap<Part, Found<'static>>,
    /// What has no part, or one that is taken.
    others: Vec<Found<'static>>,
}

/// A batch normalisation without scales, or without shifts, has so many tensors; other layers of vectors only have fewer.
const FEWEST_OF_A_NORM: usize = 3;

impl Tensors {
    pub(super) fn add(&mut self, part: Part, found: Found<'static>) {
        if part == Part::Other || self.parts.contains_key(&part) {
            self.others.push(found);
        } else {
            self.parts.insert(part, found);
        }
    }

    /// Gives the numbered tensors of a layer that is no batch normalisation their names: its kernel, and its bias.
    pub(super) fn name_numbered(&mut self) {
        if self.is_norm() {
            return;
        }
        let named = std::mem::take(&mut self.parts).into_iter().map(|(part, found)| match part {
            Part::At(0) => (Part::Kernel, found),
            Part::At(1) => (Part::Bias, found),
            Part::At(_) => (Part::Other, found),
            named => (named, found),
        });
        named.for_each(|(part, found)| self.add(part, found));
    }

    pub(super) fn take(&mut self, part: Part) -> Option<Found<'static>> {
        self.parts.remove(&part)
    }

    /// The numbered tensors, in their order.
    pub(super) fn take_numbered(&mut self) -> Vec<Found<'static>> {
        let (numbered, named) =
            std::mem::take(&mut self.parts).into_iter().partition(|(part, _)| matches!(part, Part::At(_)));
        self.parts = named;
        let numbered: BTreeMap<Part, Found<'static>> = numbered;
        numbered.into_values().collect()
    }

    pub(super) fn kernel(&self) -> Option<&Found<'static>> {
        self.parts.get(&Part::Kernel)
    }

    pub(super) fn is_convolution(&self) -> bool {
        self.kernel().is_some_and(|kernel| kernel.shape.len() == 4)
    }

    /// Whether these are running means and variances, or so many numbered vectors as only a batch normalisation has.
    pub(super) fn is_norm(&self) -> bool {
        let numbered = self.parts.iter().filter(|(part, _)| matches!(part, Part::At(_)));
        let vectors = numbered.clone().filter(|(_, found)| found.shape.len() == 1).count();
        let is_numbered = vectors >= FEWEST_OF_A_NORM && vectors == numbered.count();
        is_numbered || [Part::Mean, Part::Variance].iter().any(|part| self.parts.contains_key(part))
    }

    /// The names of all that is left.
    pub(super) fn into_names(self) -> impl Iterator<Item = String> {
        self.parts.into_values().chain(self.others).map(|found| found.name)
    }
}
