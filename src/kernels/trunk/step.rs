//! One convolution of a trunk: directly, by Winograd's minimal filtering, or with tiles.

use super::layers::{ConvLayer, Pool, Precision};
use crate::kernels::amx;
use crate::kernels::choice;
use crate::kernels::direct;
use crate::kernels::isa::Isa;
use crate::kernels::lanes::LANES;
use crate::kernels::layout::{Buffer, Element, Shape, padded, run_storing};
use crate::kernels::winograd::layer::{Layer, Split};
use crate::kernels::winograd::weights::Transformed;

/// Layers with fewer tiles an image than this are run on all images at once: their weights are the larger part.
const LATE_TILES: usize = 30;
/// The same for layers that are computed directly.
const LATE_PIXELS: usize = 500;
/// Rows of an item of the direct convolution.
pub(super) const DIRECT_ROWS: usize = 10;

pub(super) enum Step {
    Direct(Direct),
    Winograd(Layer),
    Tiled(amx::Layer),
}

/// The first convolution of VGG16, without tiles.
pub(super) struct Direct {
    pub(super) channels: usize,
    /// Groups of out-channels.
    groups: usize,
    weights: Buffer,
    bias: Buffer,
}

impl Step {
    pub(super) fn new(layer: &ConvLayer<'_>, size: (usize, usize), precision: Precision) -> Self {
        let channels = (layer.in_channels, layer.out_channels);
        let bias = padded(layer.bias, LANES);
        if precision == Precision::Bf16Amx {
            return Step::Tiled(amx::Layer::new(layer, size));
        }
        if layer.number == 1 && layer.pool == Pool::None {
            let weights = direct::pack(layer.weights, channels);
            return Step::Direct(Direct { channels: channels.0, groups: channels.1.div_ceil(LANES), weights, bias });
        }
        let (grid, element) = choice::choose(layer, size, precision);
        Step::Winograd(Layer {
            grid,
            element,
            groups: (channels.0.div_ceil(LANES), channels.1.div_ceil(LANES)),
            weights: Transformed::new(layer.weights, channels, grid.family, element),
            bias,
            pool: layer.pool,
        })
    }

    /// The activation that it reads, with a border that its tiles reach.
    pub(super) fn input_shape(&self, channels: usize, size: (usize, usize)) -> Shape {
        let covered = match self {
            Step::Tiled(layer) => return layer.input_shape(),
            Step::Direct(_) => size,
            Step::Winograd(layer) => (layer.grid.rows.covered(), layer.grid.columns.covered()),
        };
        Shape {
            groups: channels.div_ceil(LANES),
            lanes: LANES,
            padded: (covered.0.max(size.0) + 2, covered.1.max(size.1) + 2),
            size,
            element: Element::F32,
        }
    }

    pub(super) fn is_late(&self) -> bool {
        match self {
            Step::Direct(_) => false,
            Step::Winograd(layer) => layer.grid.tiles() < LATE_TILES,
            Step::Tiled(layer) => layer.pixels() < LATE_PIXELS,
        }
    }

    /// The arithmetic of its products, and their multiplications for one image of the shape `input`.
    pub(super) fn multiplications(&self, input: &Shape) -> (Precision, u64) {
        let (precision, count) = match self {
            Step::Direct(step) => {
                (Precision::F32, input.size.0 * input.size.1 * 9 * step.channels * step.groups * LANES)
            }
            Step::Winograd(layer) => {
                let count = layer.grid.points() * layer.groups.0 * layer.groups.1 * LANES * LANES;
                (if layer.element == Element::F32 { Precision::F32 } else { Precision::Bf16 }, count)
            }
            Step::Tiled(layer) => (Precision::Bf16Amx, layer.multiplications()),
        };
        (precision, count as u64)
    }

    pub(super) fn winograd(&self) -> Option<&Layer> {
        match self {
            Step::Winograd(layer) => Some(layer),
            Step::Direct(_) | Step::Tiled(_) => None,
        }
    }

    pub(super) fn tiled(&self) -> Option<&amx::Layer> {
        match self {
            Step::Tiled(layer) => Some(layer),
            Step::Direct(_) | Step::Winograd(_) => None,
        }
    }
}

impl Direct {
    pub(super) fn run(
        &self,
        isa: Isa,
        bordered: &[f32],
        (image, band): (usize, usize),
        (target, shape): (*mut u8, Shape),
    ) {
        let each = direct::bordered(self.channels, shape.size);
        let task = direct::Rows {
            channels: self.channels,
            groups: self.groups,
            source: bordered[image * each..][..each].as_ptr(),
            weights: self.weights.pointer().cast(),
            bias: self.bias.pointer().cast(),
            target,
            shape,
            image,
            rows: band * DIRECT_ROWS..shape.size.0.min((band + 1) * DIRECT_ROWS),
        };
        // SAFETY: the slice above is one bordered image; weights and bias were packed for as many groups; every band is
        // run once.
        unsafe { run_storing(isa, shape.element, task) };
    }
}

/// How a layer's work is cut into items: the more weights it has, the more tiles are worth fetching them for.
pub(super) fn split(layer: &Layer) -> Split {
    let (tiles, weights) = (layer.grid.tiles(), layer.groups.0 * layer.groups.1);
    let tiles = match layer.element {
        Element::F32 => match weights {
            // Multiples of a micro-kernel's rows; few tiles leave the other cache levels to weights and sums.
            ..32 => 24,
            32..128 => 36,
            _ => 96,
        },
        Element::Bf16 => match tiles {
            ..LATE_TILES => 96,
            LATE_TILES..100 => 49,
            _ => 28,
        },
    };
    Split { tiles, panels: layer.groups.1 }
}
