//! Which arithmetic a layer gets. It follows from the layer's own description and size alone, so that a trunk cut in
//! two gives the same bits as the whole.

use super::layout::Element;
use super::trunk::{ConvLayer, Pool, Precision};
use super::winograd::grid::{Family, Grid};

/// The last convolution of VGG16 whose products bear bf16: the error of later ones reaches the features undamped.
const LAST_BF16: usize = 10;
/// Where in bf16 F(3x3), with half the error of F(4x4), is worth its products: late enough to matter, and unpooled.
const CAREFUL_BF16: std::ops::RangeInclusive<usize> = 8..=9;
/// Below so many outputs along an edge F(6x6) would mostly hang over it, and its error would reach the features.
const SMALL: usize = 16;

/// The cover of a layer, and how the factors of its products are stored.
pub fn choose(layer: &ConvLayer<'_>, size: (usize, usize), precision: Precision) -> (Grid, Element) {
    let pooled = layer.pool == Pool::Max2x2;
    // What a pool drops is not computed. Pooled layers need tiles with even edges.
    let needed = if pooled { (size.0 / 2 * 2, size.1 / 2 * 2) } else { size };
    let bf16 = precision == Precision::Bf16 && layer.number <= LAST_BF16;
    let small = needed.0.min(needed.1) < SMALL;
    let family = match (bf16, pooled) {
        (true, false) if CAREFUL_BF16.contains(&layer.number) => Family::Three,
        (true, _) => Family::Four,
        (false, true) if small => Family::Four,
        (false, false) if small => Family::Five,
        (false, _) => Family::Six,
    };
    (Grid::cut(family, needed), if bf16 { Element::Bf16 } else { Element::F32 })
}
