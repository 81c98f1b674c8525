//! One epoch of the top model on stored features, as `top.py` measures the peers: 2,000 x 8,192, Dense 256 relu,
//! dropout 0.5, Dense 1, RMSprop 1e-3, batch 16. Prints one JSON line.
//!
//! `cargo bench --bench top -- [--samples 2000] [--batch 16] [--threads N]`

mod measure;

use frostline::kernels::activation::{self, Activation};
use frostline::kernels::dense::{Ahead, Dense, Packed};
use frostline::kernels::dropout;
use frostline::kernels::isa;
use frostline::kernels::loss::{self, Targets};
use frostline::kernels::numbers::Numbers;
use frostline::kernels::optimizer::{self, Parameter, Rule, Step};
use frostline::rng::{Purpose, Stream};
use measure::{Seconds, on_threads, option, report, uniform};
use std::time::Instant;

const INPUTS: usize = 8192;
const HIDDEN: usize = 256;
const RUNS: usize = 4;

fn main() {
    let (samples, batch) = (option("--samples", 2000), option("--batch", 16));
    let (threads, seconds) = on_threads(|| {
        let mut top = Top::new(samples, batch);
        Seconds::among((0..=RUNS as u32).map(|epoch| top.epoch(epoch)).skip(1).collect())
    });
    let Seconds { best, median } = seconds;
    let fields = format!("\"epoch_s_best\": {best:.4}, \"epoch_s_median\": {median:.4}");
    report("top", threads, &format!("\"samples\": {samples}, \"batch\": {batch}, {fields}"));
}

/// A layer's weights and bias, each with its mean square.
struct Layer {
    dense: Dense,
    weights: [Numbers; 2],
    bias: [Vec<f32>; 2],
    gradient: Vec<f32>,
}

impl Layer {
    fn new(batch: usize, inputs: usize, outputs: usize, stream: &mut Stream) -> Self {
        let bound = (6.0 / (inputs + outputs) as f32).sqrt();
        let weights = uniform(stream, inputs * outputs, -bound, bound);
        let dense = Dense { isa: isa::current(), batch, inputs, outputs };
        Self {
            dense,
            weights: [weights.into(), Numbers::zeros(inputs * outputs)],
            bias: [vec![0.0; outputs], vec![0.0; outputs]],
            gradient: vec![0.0; outputs],
        }
    }

    fn sized(&self, batch: usize) -> Dense {
        Dense { batch, ..self.dense }
    }

    fn forward(&self, x: &Packed, y: &mut [f32]) {
        self.sized(x.batch()).forward(x, &self.weights[0], &self.bias[0], y);
    }

    /// A step, and the forward pass of the next batch.
    fn update(&mut self, x: &Packed, dy: &[f32], step: &Step, ahead: Option<(&Packed, &mut [f32])>) {
        let dense = self.sized(x.batch());
        dense.gradient_by_bias(dy, &mut self.gradient);
        let [weights, first] = &mut self.bias;
        optimizer::update(dense.isa, step, &self.gradient, Parameter { weights, first, second: &mut [] });
        let [weights, first] = &mut self.weights;
        let ahead = ahead.map(|(x, y)| Ahead { x, b: &self.bias[0], y });
        dense.update(x, dy, step, Parameter { weights, first, second: &mut [] }, ahead);
    }
}

struct Top {
    x: Vec<f32>,
    labels: Vec<u32>,
    batch: usize,
    hidden: Layer,
    last: Layer,
    number: u64,
}

impl Top {
    fn new(samples: usize, batch: usize) -> Self {
        let mut stream = Stream::new(0, Purpose::Init, 0, 0);
        let mut x = uniform(&mut stream, samples * INPUTS, -1.7, 1.7);
        x.iter_mut().for_each(|x| *x = x.max(0.0));
        let labels = (0..samples).map(|_| stream.next_u32() & 1).collect();
        let hidden = Layer::new(batch, INPUTS, HIDDEN, &mut stream);
        let last = Layer::new(batch, HIDDEN, 1, &mut stream);
        Self { x, labels, batch, hidden, last, number: 0 }
    }

    /// Trains one epoch in shuffled order; the seconds it took.
    fn epoch(&mut self, epoch: u32) -> f64 {
        let start = Instant::now();
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        let mut stream = Stream::new(0, Purpose::Shuffle, epoch, 0);
        (1..order.len()).rev().for_each(|i| order.swap(i, stream.next_u32() as usize % (i + 1)));
        let (mut plain, mut kept) = (vec![0.0; self.batch * INPUTS], vec![false; self.batch * HIDDEN]);
        let [mut h, mut dh, mut next_h] = [0; 3].map(|_| vec![0.0; self.batch * HIDDEN]);
        let (mut y, mut dy) = (vec![0.0; self.batch], vec![0.0; self.batch]);
        let (mut x, mut next_x, mut packed_h) = (Packed::default(), Packed::default(), Packed::default());
        let mut batches = order.chunks(self.batch).peekable();
        self.gather(batches.peek().expect("there are samples"), &mut plain, &mut x);
        self.hidden.forward(&x, &mut h[..x.batch() * HIDDEN]);
        while let Some(chosen) = batches.next() {
            let batch = chosen.len();
            let following = batches.peek().map(|next| next.len());
            if let Some(next) = batches.peek() {
                self.gather(next, &mut plain, &mut next_x);
            }
            {
                let (h, dh) = (&mut h[..batch * HIDDEN], &mut dh[..batch * HIDDEN]);
                let (y, dy, kept) = (&mut y[..batch], &mut dy[..batch], &mut kept[..batch * HIDDEN]);
                let labels: Vec<u32> = chosen.iter().map(|&sample| self.labels[sample]).collect();
                dropout::draw(kept, 0.5, || stream.next_u32());
                activation::apply(Activation::Relu, h);
                dropout::apply(h, kept, 0.5);
                packed_h.pack(h, batch);
                self.last.forward(&packed_h, y);
                loss::binary(y, Targets { labels: &labels, class_weights: None }, Some(dy));
                self.last.sized(batch).gradient_by_input(dy, &self.last.weights[0], dh);
                dropout::apply(dh, kept, 0.5);
                activation::backward(Activation::Relu, h, dh);
                self.number += 1;
                let rule = Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.0 };
                let step = Step { rule, lr: 1e-3, l1: 0.0, l2: 0.0, number: self.number };
                self.last.update(&packed_h, dy, &step, None);
                let ahead = following.map(|count| (&next_x, &mut next_h[..count * HIDDEN]));
                self.hidden.update(&x, dh, &step, ahead);
            }
            (x, next_x, h, next_h) = (next_x, x, next_h, h);
        }
        start.elapsed().as_secs_f64()
    }

    fn gather(&self, chosen: &[usize], plain: &mut [f32], packed: &mut Packed) {
        for (to, &sample) in plain.chunks_exact_mut(INPUTS).zip(chosen) {
            to.copy_from_slice(&self.x[sample * INPUTS..][..INPUTS]);
        }
        packed.pack(&plain[..chosen.len() * INPUTS], chosen.len());
    }
}
