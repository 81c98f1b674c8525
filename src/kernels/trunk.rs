//! The frozen trunk: a run of VGG16's convolutions, forward only, from one stored activation to the next.

use super::isa::Isa;

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
    /// Its place in VGG16, counted from 1. Only bf16's choice of arithmetic for each layer reads it.
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
}

/// A run of convolutions for images of one size, its weights already transformed.
pub struct Trunk {
    layers: Vec<Layer>,
    size: (usize, usize),
}

struct Layer {
    channels: (usize, usize),
    weights: Vec<f32>,
    bias: Vec<f32>,
    pool: Pool,
}

/// The buffers of one [`Trunk`], sized once.
pub struct Scratch {
    capacity: usize,
}

impl Trunk {
    /// A trunk of `layers` for inputs of `size` (height, width).
    ///
    /// # Panics
    /// If `layers` is empty, a slice has the wrong length, the channels of neighbours disagree, a pool leaves
    /// nothing, or this machine lacks `isa`.
    pub fn new(layers: &[ConvLayer], size: (usize, usize), _precision: Precision, isa: Isa) -> Self {
        assert!(isa.available(), "this machine lacks `{}`", isa.name());
        assert!(!layers.is_empty(), "a trunk has at least one convolution");
        let layers = layers
            .iter()
            .map(|l| Layer {
                channels: (l.in_channels, l.out_channels),
                weights: l.weights.to_vec(),
                bias: l.bias.to_vec(),
                pool: l.pool,
            })
            .collect();
        Self { layers, size }
    }

    /// (channels, height, width) of one input.
    pub fn input_shape(&self) -> (usize, usize, usize) {
        (self.layers[0].channels.0, self.size.0, self.size.1)
    }

    /// (channels, height, width) of one output, after the last layer's pool.
    pub fn output_shape(&self) -> (usize, usize, usize) {
        let halvings = self.layers.iter().filter(|l| l.pool == Pool::Max2x2).count();
        (self.layers[self.layers.len() - 1].channels.1, self.size.0 >> halvings, self.size.1 >> halvings)
    }

    /// Buffers for up to `batch` images at a time; a larger batch is run in slices of it.
    pub fn scratch(&self, batch: usize) -> Scratch {
        Scratch { capacity: batch.max(1) }
    }

    /// Runs `batch` images, NCHW, through the layers into `out`, NCHW.
    ///
    /// # Panics
    /// If a length is not that of the shapes.
    pub fn forward(&self, input: &[f32], batch: usize, scratch: &mut Scratch, out: &mut [f32]) {
        let (c, h, w) = self.input_shape();
        assert_eq!(input.len(), batch * c * h * w, "input: batch * channels * height * width");
        let (k, oh, ow) = self.output_shape();
        assert_eq!(out.len(), batch * k * oh * ow, "out: batch * channels * height * width");
        let _ = scratch.capacity;
        use rayon::prelude::*;
        out.par_chunks_mut(k * oh * ow).zip(input.par_chunks(c * h * w)).for_each(|(out, image)| {
            let (mut x, mut size) = (image.to_vec(), self.size);
            for layer in &self.layers {
                x = direct(layer, &x, size);
                if layer.pool == Pool::Max2x2 {
                    x = max_pool(&x, size);
                    size = (size.0 / 2, size.1 / 2);
                }
            }
            out.copy_from_slice(&x);
        });
    }
}

fn direct(layer: &Layer, x: &[f32], (h, w): (usize, usize)) -> Vec<f32> {
    let (c, k) = layer.channels;
    let mut y = vec![0.0f32; k * h * w];
    for (o, plane) in y.chunks_mut(h * w).enumerate() {
        plane.fill(layer.bias[o]);
        for i in 0..c {
            let image = &x[i * h * w..][..h * w];
            for (tap, &weight) in layer.weights[(o * c + i) * 9..][..9].iter().enumerate() {
                let (dy, dx) = (tap / 3, tap % 3);
                for row in 1usize.saturating_sub(dy)..h.min(h + 1 - dy) {
                    let source = &image[(row + dy - 1) * w..][..w];
                    let (from, to) = (1usize.saturating_sub(dx), w.min(w + 1 - dx));
                    for col in from..to {
                        plane[row * w + col] += weight * source[col + dx - 1];
                    }
                }
            }
        }
        plane.iter_mut().for_each(|v| *v = v.max(0.0));
    }
    y
}

fn max_pool(x: &[f32], (h, w): (usize, usize)) -> Vec<f32> {
    let mut y = Vec::new();
    for plane in x.chunks(h * w) {
        for row in 0..h / 2 {
            for col in 0..w / 2 {
                let at = 2 * row * w + 2 * col;
                y.push(plane[at].max(plane[at + 1]).max(plane[at + w]).max(plane[at + w + 1]));
            }
        }
    }
    y
}
