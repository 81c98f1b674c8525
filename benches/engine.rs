//! The trunk and fine-tuning on any engine, as `pytorch.py` measures PyTorch: random images that lie in the host's memory.
//! Prints a CSV line a measurement: `peer,what,size,batch,images_per_second`.
//!
//! `cargo bench --bench engine -- [--device fast|generic|cuda|cuda:N] [--size 150] [--batch 16] [--batches 8]`

use std::path::Path;
use std::time::Instant;

use frostline::net::{
    BaseWeights, CONVOLUTIONS, Engine, FrozenBase, FrozenSpec, MaskKey, Precision, Rule, Step, Targets, frozen_base_on,
    shape_at,
};
use frostline::rng::{Purpose, Stream};
use frostline::train::{Activation, Batch, FineTuneSpec, Model, NamedTensor, TopModel, TopShape, fine_tune_model_on};

/// Convolutions before block 5.
const FROZEN: usize = 10;
/// Passes of which the best counts.
const RUNS: usize = 3;

struct Measurement {
    device: String,
    engine: Engine,
    size: usize,
    batch: usize,
    batches: usize,
}

fn main() {
    let option = |name: &str| std::env::args().skip_while(|argument| argument != name).nth(1);
    let number = |name: &str, default: usize| option(name).map_or(default, |it| it.parse().expect("a number"));
    let device = option("--device").unwrap_or_else(|| "fast".to_owned());
    let measurement = Measurement {
        engine: engine(&device),
        device,
        size: number("--size", 150),
        batch: number("--batch", 16),
        batches: number("--batches", 8),
    };
    measurement.extraction();
    measurement.fine_tuning();
}

fn engine(device: &str) -> Engine {
    match device {
        "fast" => Engine::Fast,
        "generic" => Engine::Generic,
        other => {
            let number = other.strip_prefix("cuda").expect("`fast`, `generic` or `cuda`").trim_start_matches(':');
            Engine::cuda(number.parse().unwrap_or(0)).unwrap_or_else(|problem| panic!("{problem}"))
        }
    }
}

impl Measurement {
    fn extraction(&self) {
        let mut base = self.base(CONVOLUTIONS);
        let images = noise(self.batch * 3 * self.size * self.size, 120.0);
        let mut out = vec![0.0; self.batch * base.output_shape().iter().product::<usize>()];
        self.report("extraction", |batches| {
            (0..batches).for_each(|_| base.run(&images, self.batch, &mut out).expect("a batch that fits"));
        });
    }

    fn fine_tuning(&self) {
        let (mut base, mut model) = (self.base(FROZEN), self.model());
        let images = noise(self.batch * 3 * self.size * self.size, 120.0);
        let mut activations = vec![0.0; self.batch * base.output_shape().iter().product::<usize>()];
        let labels: Vec<u32> = (0..self.batch as u32).map(|sample| sample % 2).collect();
        let rule = Rule::Sgd { momentum: 0.9, nesterov: false };
        let step = Step { rule, lr: 1e-4, l1: 0.0, l2: 0.0, number: 1 };
        self.report("fine_tuning", |batches| {
            for _ in 0..batches {
                base.run(&images, self.batch, &mut activations).expect("a batch that fits");
                let targets = Targets { labels: &labels, class_weights: None };
                let batch = Batch { inputs: &activations, targets };
                model.train(batch, MaskKey::default(), &step).expect("a batch that fits");
            }
            // A GPU is done when a number of the last step has come back: the smallest layer's will do.
            model.trained().last().expect("layers").each(&mut |_| ());
        });
    }

    fn base(&self, to: usize) -> Box<dyn FrozenBase> {
        let spec = FrozenSpec { from: 0, to, height: self.size, width: self.size, precision: Precision::F32 };
        frozen_base_on(self.engine, &weights(), &spec).expect("the size is large enough")
    }

    fn model(&self) -> Box<dyn Model> {
        let top = TopShape {
            inputs: shape_at(CONVOLUTIONS, self.size, self.size),
            hidden: vec![256],
            activation: Activation::Relu,
            dropout: 0.5,
            classes: 2,
        };
        let fresh: Vec<NamedTensor> = TopModel::new(&top, 0).expect("the shape is sound").export();
        let spec = FineTuneSpec { frozen: FROZEN, height: self.size, width: self.size, top };
        fine_tune_model_on(self.engine, &weights(), &spec, &fresh).expect("the shapes fit")
    }

    /// Images a second of the best of several runs, after one that warms up.
    fn report(&self, what: &str, mut act: impl FnMut(usize)) {
        act(1);
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let begun = Instant::now();
            act(self.batches);
            best = best.min(begun.elapsed().as_secs_f64());
        }
        let rate = (self.batch * self.batches) as f64 / best;
        println!("frostline {},{what},{},{},{rate:.1}", self.device, self.size, self.batch);
    }
}

fn weights() -> BaseWeights {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    BaseWeights::read(&path).expect("the weights come with the sources")
}

fn noise(length: usize, limit: f64) -> Vec<f32> {
    let mut stream = Stream::new(1, Purpose::Init, 0, 0);
    (0..length).map(|_| stream.uniform(-limit, limit) as f32).collect()
}
