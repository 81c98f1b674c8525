//! What a trunk is made of.

/// What follows the ReLU of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Nothing.
    None,
    /// The maximum of each 2x2 square, stride 2; an odd last row or column is dropped.
    Max2x2,
}

/// One convolution, 3x3, stride 1, zero padding 1, with ReLU and perhaps a pool after it.
#[derive(Clone, Copy, Debug)]
pub struct ConvLayer<'a> {
    /// Its place in VGG16, counted from 1. The first reads pixels and is computed directly; bf16's choice of
    /// arithmetic looks at it too.
    pub number: usize,
    /// Channels that it reads.
    pub in_channels: usize,
    /// Channels that it writes.
    pub out_channels: usize,
    /// OIHW: `[out_channels][in_channels][3][3]`.
    pub weights: &'a [f32],
    /// `[out_channels]`.
    pub bias: &'a [f32],
    /// What follows the ReLU.
    pub pool: Pool,
}

/// The arithmetic of the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Everything in f32.
    F32,
    /// Products of bf16 numbers summed in f32, where the layer bears it.
    Bf16,
    /// Direct convolutions of bf16 numbers, as a tile unit sums them ([`super::super::amx`]).
    Bf16Amx,
}

/// Asserts what [`Trunk::new`](super::Trunk::new) demands.
pub(super) fn check(layers: &[ConvLayer<'_>], size: (usize, usize)) {
    assert!(!layers.is_empty(), "a trunk has at least one convolution");
    for layer in layers {
        assert_eq!(layer.weights.len(), layer.out_channels * layer.in_channels * 9, "weights: out * in * 9");
        assert_eq!(layer.bias.len(), layer.out_channels, "bias: out");
    }
    for pair in layers.windows(2) {
        assert_eq!(pair[0].out_channels, pair[1].in_channels, "neighbours agree on their channels");
    }
    let halvings = layers.iter().filter(|layer| layer.pool == Pool::Max2x2).count();
    assert!(size.0 >> halvings > 0 && size.1 >> halvings > 0, "something is left after the pools");
}
