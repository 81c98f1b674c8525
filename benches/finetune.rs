//! Fine-tuning block 5 and a head of 256 units, as `finetune.py` measures the peers: binary cross-entropy, dropout 0.5,
//! SGD 1e-4 with momentum 0.9, batch 16, 150 px. Prints one JSON line.
//!
//! `cargo bench --bench finetune -- [--size 150] [--batch 16] [--steps 4] [--threads N] [--isa NAME]
//! [--frozen computed|cached]`
//!
//! With `--frozen cached` the activations at the cut are there, as they are without augmentation from the second epoch
//! on. With `--layers 5` it measures the trained convolutions alone, pass by pass, in milliseconds a batch.

mod measure;

use frostline::kernels::conv_train::{Conv3x3, ConvGradients, ConvKernel, ConvScratch, ConvUpdate, ConvWeights};
use frostline::kernels::isa;
use frostline::kernels::optimizer::Parameter;
use frostline::net::{
    Activation, BaseWeights, FrozenBase, FrozenSpec, MaskKey, Precision, Rule, Step, Targets, frozen_base, shape_at,
};
use frostline::rng::{Purpose, Stream};
use frostline::train::{Batch, FineTuneModel, FineTuneSpec, Model, TopModel, TopShape};
use measure::{Seconds, on_threads, option, report, uniform};
use std::path::Path;

const RUNS: usize = 7;
/// Block 5 begins after the tenth convolution.
const FROZEN: usize = 10;
const STEP: Step = Step { rule: Rule::Sgd { momentum: 0.9, nesterov: false }, lr: 1e-4, l1: 0.0, l2: 0.0, number: 1 };

fn main() {
    let (size, batch) = (option("--size", 150), option("--batch", 16));
    let (threads, fields) = on_threads(|| match option("--layers", 0) {
        0 => whole(size, batch),
        5 => convolutions(size / 16, batch),
        _ => panic!("only the layers of block 5 are measured alone"),
    });
    report("finetune", threads, &format!("\"size\": {size}, \"batch\": {batch}, {fields}"));
}

/// Images per second of whole steps.
fn whole(size: usize, batch: usize) -> String {
    let frozen: String = option("--frozen", "computed".to_owned());
    let mut steps = Steps::new(size, batch, option("--steps", 4));
    let seconds = Seconds::of(RUNS, || steps.epoch(frozen == "cached"));
    format!("\"frozen\": \"{frozen}\", {}", seconds.rates(steps.labels.len()))
}

/// A few batches of images, the frozen base and the model.
struct Steps {
    images: Vec<f32>,
    labels: Vec<u32>,
    /// Activations at the cut.
    inputs: Vec<f32>,
    batch: usize,
    base: Box<dyn FrozenBase>,
    model: FineTuneModel,
    number: u64,
}

impl Steps {
    fn new(size: usize, batch: usize, steps: usize) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
        let weights = BaseWeights::read(&path).expect("the weights come with the sources");
        let spec = FrozenSpec { from: 0, to: FROZEN, height: size, width: size, precision: Precision::F32 };
        let base = frozen_base(&weights, &spec).expect("the images are large enough");
        let inputs = shape_at(13, size, size);
        let top = TopShape { inputs, hidden: vec![256], activation: Activation::Relu, dropout: 0.5, classes: 2 };
        let head = TopModel::new(&top, 0).expect("the head has a shape").export();
        let spec = FineTuneSpec { frozen: FROZEN, height: size, width: size, top };
        let model = FineTuneModel::new(&weights, &spec, &head).expect("the shapes fit");
        let (mut stream, samples) = (Stream::new(0, Purpose::Init, 0, 0), batch * steps);
        let images = uniform(&mut stream, samples * 3 * size * size, -120.0, 130.0);
        let labels = (0..samples).map(|_| stream.next_u32() & 1).collect();
        let [channels, height, width] = base.output_shape();
        let inputs = vec![0.0; samples * channels * height * width];
        let mut steps = Self { images, labels, inputs, batch, base, model, number: 0 };
        (0..samples / batch).for_each(|index| steps.freeze(index));
        steps
    }

    fn epoch(&mut self, cached: bool) {
        for index in 0..self.labels.len() / self.batch {
            if !cached {
                self.freeze(index);
            }
            self.train(index);
        }
    }

    fn freeze(&mut self, index: usize) {
        let batch = self.batch;
        let images = &self.images[index * batch * self.images.len() / self.labels.len()..];
        let images = &images[..batch * self.images.len() / self.labels.len()];
        let len = batch * self.inputs.len() / self.labels.len();
        self.base.run(images, batch, &mut self.inputs[index * len..][..len]).expect("it computes");
    }

    fn train(&mut self, index: usize) {
        let len = self.batch * self.inputs.len() / self.labels.len();
        let labels = &self.labels[index * self.batch..][..self.batch];
        let targets = Targets { labels, class_weights: None };
        self.number += 1;
        let step = Step { number: self.number, ..STEP };
        let batch = Batch { inputs: &self.inputs[index * len..][..len], targets };
        self.model.train(batch, MaskKey::default(), &step).expect("it trains");
    }
}

/// One of block 5's convolutions, with all that a step needs.
struct Layer {
    sizes: Conv3x3,
    weights: Vec<f32>,
    moments: Vec<f32>,
    bias: [Vec<f32>; 2],
    kernel: ConvKernel,
    scratch: ConvScratch,
    x: Vec<f32>,
    y: Vec<f32>,
    dy: Vec<f32>,
    dx: Vec<f32>,
    dw: Vec<f32>,
    db: Vec<f32>,
}

impl Layer {
    fn new(edge: usize, batch: usize) -> Self {
        let sizes =
            Conv3x3 { isa: isa::current(), batch, in_channels: 512, out_channels: 512, height: edge, width: edge };
        let mut stream = Stream::new(1, Purpose::Init, 0, 0);
        let weights = uniform(&mut stream, sizes.weights_len(), -0.02, 0.02);
        let mut kernel = ConvKernel::new(512, 512);
        kernel.set(sizes.isa, &weights);
        Self {
            sizes,
            moments: vec![0.0; weights.len()],
            dw: vec![0.0; weights.len()],
            weights,
            bias: [vec![0.0; 512], vec![0.0; 512]],
            kernel,
            scratch: ConvScratch::new(),
            x: uniform(&mut stream, sizes.input_len(), -1.0, 1.0),
            y: vec![0.0; sizes.output_len()],
            dy: uniform(&mut stream, sizes.output_len(), -1e-3, 1e-3),
            dx: vec![0.0; sizes.input_len()],
            db: vec![0.0; 512],
        }
    }

    fn forward(&mut self) {
        let weights = ConvWeights { kernel: &self.kernel, bias: &self.bias[0] };
        self.sizes.forward(&self.x, weights, &mut self.y, &mut self.scratch);
    }

    fn gradients(&mut self, dx: bool) {
        let gradients = ConvGradients { dx: dx.then_some(&mut self.dx[..]), dw: &mut self.dw, db: &mut self.db };
        self.sizes.backward(&self.dy, &self.kernel, gradients, &mut self.scratch);
    }

    fn step(&mut self, dx: bool) {
        let [bias, bias_moment] = &mut self.bias;
        let update = ConvUpdate {
            step: &STEP,
            kernel: &mut self.kernel,
            weights: Parameter { weights: &mut self.weights, first: &mut self.moments, second: &mut [] },
            bias: Parameter { weights: bias, first: bias_moment, second: &mut [] },
            dx: dx.then_some(&mut self.dx[..]),
        };
        self.sizes.backward_and_update(&self.dy, update, &mut self.scratch);
    }
}

/// Milliseconds of block 5's three convolutions, whose first computes no gradient by input.
fn convolutions(edge: usize, batch: usize) -> String {
    let mut layers = [(); 3].map(|()| Layer::new(edge, batch));
    let mut pass = |name: &str, run: &dyn Fn(usize, &mut Layer)| {
        let each = || layers.iter_mut().enumerate().for_each(|(index, layer)| run(index, layer));
        let seconds = Seconds::of(RUNS * 3, each);
        format!("\"{name}_ms_best\": {:.2}, \"{name}_ms_median\": {:.2}", seconds.best * 1e3, seconds.median * 1e3)
    };
    let lines = [
        pass("forward", &|_, layer| layer.forward()),
        pass("by_weights", &|_, layer| layer.gradients(false)),
        pass("both_gradients", &|index, layer| layer.gradients(index > 0)),
        pass("backward_and_update", &|index, layer| layer.step(index > 0)),
        pass("step", &|index, layer| {
            layer.forward();
            layer.step(index > 0);
        }),
    ];
    format!("\"edge\": {edge}, {}", lines.join(", "))
}
