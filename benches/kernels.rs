//! Each kernel by itself, at VGG16's sizes for images of 150 pixels and batches of 16, by instruction set.
//!
//! `cargo bench --bench kernels [-- FILTER]`; divan's `--help` says what else it takes. Threads: `RAYON_NUM_THREADS`.

mod measure;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use frostline::kernels::conv_train::{Conv3x3, ConvGradients, ConvKernel, ConvScratch, ConvWeights};
use frostline::kernels::dense::{Ahead, Dense, Packed};
use frostline::kernels::isa::{ALL, Isa};
use frostline::kernels::optimizer::{self, Parameter, Rule, Step};
use frostline::kernels::{ConvLayer, Pool, Precision, Trunk};
use frostline::rng::{Purpose, Stream};

const BATCH: usize = 16;

fn main() {
    divan::main();
}

fn numbers(index: u64, len: usize) -> Vec<f32> {
    measure::uniform(&mut Stream::new(7, Purpose::Init, 0, index), len, -0.5, 0.5)
}

/// The instruction sets of this machine.
fn instruction_sets() -> impl Iterator<Item = Isa> {
    ALL.into_iter().filter(|isa| isa.available())
}

/// A frozen convolution: its channels, in and out, its size, and what it computes in.
#[derive(Clone, Copy)]
struct Frozen {
    name: &'static str,
    channels: [usize; 2],
    size: usize,
    pool: Pool,
    precision: Precision,
    isa: Isa,
}

impl std::fmt::Display for Frozen {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let precision = match self.precision {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::Bf16Amx => "bf16_amx",
        };
        write!(formatter, "{} {precision} {}", self.name, self.isa.name())
    }
}

fn frozen_layers() -> Vec<Frozen> {
    let layers = [
        ("conv1_1", [3, 64], 150, Pool::None),
        ("conv1_2", [64, 64], 150, Pool::Max2x2),
        ("conv2_2", [128, 128], 75, Pool::Max2x2),
        ("conv3_2", [256, 256], 37, Pool::None),
        ("conv4_2", [512, 512], 18, Pool::None),
        ("conv5_2", [512, 512], 9, Pool::None),
    ];
    let mut all = Vec::new();
    for (name, channels, size, pool) in layers {
        for precision in [Precision::F32, Precision::Bf16, Precision::Bf16Amx] {
            all.extend(instruction_sets().map(|isa| Frozen { name, channels, size, pool, precision, isa }));
        }
    }
    all
}

/// A convolution with bias, ReLU, and the pool that follows it.
#[divan::bench(args = frozen_layers(), sample_count = 10)]
fn frozen_convolution(bencher: Bencher, layer: &Frozen) {
    let [inputs, outputs] = layer.channels;
    let (weights, bias) = (numbers(0, outputs * inputs * 9), numbers(1, outputs));
    let convolution = ConvLayer {
        number: 1,
        in_channels: inputs,
        out_channels: outputs,
        weights: &weights,
        bias: &bias,
        pool: layer.pool,
    };
    let trunk = Trunk::new(&[convolution], (layer.size, layer.size), layer.precision, layer.isa);
    let (channels, height, width) = trunk.output_shape();
    let images = numbers(2, BATCH * inputs * layer.size * layer.size);
    let (mut scratch, mut out) = (trunk.scratch(BATCH), vec![0.0; BATCH * channels * height * width]);
    bencher
        .counter(ItemsCount::new(BATCH))
        .bench_local(|| trunk.forward(black_box(&images), BATCH, &mut scratch, &mut out));
}

/// A convolution of block 5 in training, as it learns.
struct Trained {
    layer: Conv3x3,
    x: Vec<f32>,
    kernel: ConvKernel,
    bias: Vec<f32>,
    y: Vec<f32>,
    scratch: ConvScratch,
}

impl Trained {
    fn new(isa: Isa) -> Self {
        let layer = Conv3x3 { isa, batch: BATCH, in_channels: 512, out_channels: 512, height: 9, width: 9 };
        let mut kernel = ConvKernel::new(layer.out_channels, layer.in_channels);
        kernel.set(isa, &numbers(1, layer.weights_len()));
        let (x, y) = (numbers(0, layer.input_len()), vec![0.0; layer.output_len()]);
        Self { layer, x, kernel, bias: numbers(2, layer.out_channels), y, scratch: ConvScratch::new() }
    }

    fn forward(&mut self) {
        let weights = ConvWeights { kernel: &self.kernel, bias: &self.bias };
        self.layer.forward(black_box(&self.x), weights, &mut self.y, &mut self.scratch);
    }
}

#[divan::bench(args = instruction_sets(), sample_count = 20)]
fn trained_convolution_forward(bencher: Bencher, isa: Isa) {
    let mut trained = Trained::new(isa);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| trained.forward());
}

#[divan::bench(args = instruction_sets(), sample_count = 20)]
fn trained_convolution_gradients(bencher: Bencher, isa: Isa) {
    let mut trained = Trained::new(isa);
    trained.forward();
    let Trained { layer, x, kernel, bias, y, mut scratch } = trained;
    let (mut dx, mut dw, mut db) = (vec![0.0; x.len()], vec![0.0; layer.weights_len()], bias);
    let dy = numbers(3, y.len());
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let gradients = ConvGradients { dx: Some(&mut dx), dw: &mut dw, db: &mut db };
        layer.backward(black_box(&dy), &kernel, gradients, &mut scratch);
    });
}

/// The first layer of the top: 8,192 features to 256.
fn dense(isa: Isa) -> Dense {
    Dense { isa, batch: BATCH, inputs: 8192, outputs: 256 }
}

#[divan::bench(args = instruction_sets())]
fn dense_forward(bencher: Bencher, isa: Isa) {
    let layer = dense(isa);
    let x = Packed::new(&numbers(0, BATCH * layer.inputs), BATCH);
    let w = numbers(1, layer.inputs * layer.outputs);
    let (b, mut y) = (numbers(2, layer.outputs), vec![0.0; BATCH * layer.outputs]);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| layer.forward(black_box(&x), &w, &b, &mut y));
}

#[divan::bench(args = instruction_sets())]
fn dense_gradient_by_input(bencher: Bencher, isa: Isa) {
    let layer = dense(isa);
    let (dy, w) = (numbers(0, BATCH * layer.outputs), numbers(1, layer.inputs * layer.outputs));
    let mut dx = vec![0.0; BATCH * layer.inputs];
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| layer.gradient_by_input(black_box(&dy), &w, &mut dx));
}

fn step() -> Step {
    let rule = Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.0 };
    Step { rule, lr: 1e-3, l1: 0.0, l2: 0.0, number: 1 }
}

/// The gradient by weights, straight into the optimiser.
#[divan::bench(args = instruction_sets())]
fn dense_gradient_and_update(bencher: Bencher, isa: Isa) {
    dense_update(bencher, isa, false);
}

/// The same, and the next batch's forward pass.
#[divan::bench(args = instruction_sets())]
fn dense_gradient_and_update_and_forward(bencher: Bencher, isa: Isa) {
    dense_update(bencher, isa, true);
}

fn dense_update(bencher: Bencher, isa: Isa, forward: bool) {
    let layer = dense(isa);
    let (x, dy) = (numbers(0, BATCH * layer.inputs), numbers(1, BATCH * layer.outputs));
    let (x, b, mut y) = (Packed::new(&x, BATCH), numbers(4, layer.outputs), vec![0.0; dy.len()]);
    let mut weights = numbers(2, layer.inputs * layer.outputs);
    let mut first = vec![0.0; weights.len()];
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        let parameter = Parameter { weights: &mut weights, first: &mut first, second: &mut [] };
        let ahead = forward.then_some(Ahead { x: &x, b: &b, y: &mut y });
        layer.update(black_box(&x), &dy, &step(), parameter, ahead);
    });
}

#[divan::bench(args = instruction_sets())]
fn optimizer_update(bencher: Bencher, isa: Isa) {
    let mut weights = numbers(0, 256 * 8192);
    let gradient = numbers(1, weights.len());
    let mut first = vec![0.0; weights.len()];
    bencher.counter(ItemsCount::new(weights.len())).bench_local(|| {
        let parameter = Parameter { weights: &mut weights, first: &mut first, second: &mut [] };
        optimizer::update(isa, &step(), black_box(&gradient), parameter);
    });
}
