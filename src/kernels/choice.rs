//! Which arithmetic a layer gets. It follows from the layer's own description and size alone, so that a trunk cut in
//! two gives the same bits as the whole.

use super::layout::Element;
use super::trunk::{ConvLayer, Pool, Precision};
use super::winograd::grid::{Family, Grid};

/// The last convolution of VGG16 whose products bear bf16: the error of later ones reaches the features undamped.
const LAST_BF16: usize = 10;

/// The cover of a layer, and how the factors of its products are stored.
pub fn choose(layer: &ConvLayer<'_>, size: (usize, usize), precision: Precision) -> (Grid, Element) {
    let needed = if layer.pool == Pool::Max2x2 { (size.0 / 2 * 2, size.1 / 2 * 2) } else { size };
    let bf16 = precision == Precision::Bf16 && layer.number <= LAST_BF16;
    let family = if bf16 { Family::Four } else { full(needed, layer.pool) };
    (Grid::cut(family, needed), if bf16 { Element::Bf16 } else { Element::F32 })
}

/// The family for f32: large tiles, but small ones where large ones would mostly hang over the edge.
fn full(needed: (usize, usize), pool: Pool) -> Family {
    if needed.0.min(needed.1) >= 12 {
        Family::Six
    } else if pool == Pool::Max2x2 {
        Family::Four
    } else {
        Family::Three
    }
}
