//! How long stages should take: their arithmetic, at the rate of an earlier run where there is one.
//!
//! Rough by nature. Rates count the arithmetic of direct convolution, so a fast algorithm shows a high rate.

use std::time::Duration;

use super::prepare::Prepared;
use crate::event::Stage;
use crate::net::{CHANNELS, CONVOLUTIONS, shape_at};
use crate::runs::{StageSummary, Summary};
use crate::spec::Experiment;

/// GFLOP/s of one thread, by the arithmetic of direct convolution, where no earlier run tells: a current x86-64 core
/// with 256-bit vectors.
const FROZEN: f64 = 200e9;
/// As [`FROZEN`], for trained convolutions, forward and backward.
const TRAINED: f64 = 60e9;
/// As [`FROZEN`], for dense layers at small batches, which memory bounds.
const DENSE: f64 = 30e9;
/// A pass forward and backward costs three times a pass forward.
const FORWARD_AND_BACKWARD: f64 = 3.0;
/// A training state: parameters, their moments, and the best parameters.
const STATE_COPIES: u64 = 3;

/// The sizes that the arithmetic depends on, and how much faster or slower this machine is than assumed.
pub(super) struct Rates {
    height: usize,
    width: usize,
    train: f64,
    validation: f64,
    dense_parameters: f64,
    threads: f64,
    /// Seconds measured over seconds assumed, by stage.
    factors: [f64; 3],
}

impl Rates {
    /// Rates of the latest runs of the name that computed something, or else assumed ones.
    pub fn of(summaries: &[Summary], prepared: &Prepared) -> Self {
        let mut rates = Self::assumed(prepared);
        for summary in summaries {
            rates.learn(&prepared.experiment, summary);
        }
        rates
    }

    fn assumed(prepared: &Prepared) -> Self {
        let size = prepared.experiment.data.target_size;
        let (height, width) = (size.height as usize, size.width as usize);
        let classes = prepared.train.classes.len();
        let mut inputs = shape_at(CONVOLUTIONS, height, width).iter().product::<usize>() as f64;
        let mut dense_parameters = 0.0;
        let outputs = [if classes == 2 { 1 } else { classes as u32 }];
        for &units in prepared.experiment.top.hidden.units().iter().chain(&outputs) {
            dense_parameters += inputs * f64::from(units);
            inputs = f64::from(units);
        }
        Self {
            height,
            width,
            train: prepared.train.images.len() as f64,
            validation: prepared.validation.images.len() as f64,
            dense_parameters,
            threads: rayon::current_num_threads() as f64,
            factors: [1.0; 3],
        }
    }

    /// Takes over how fast an earlier run of the same size was.
    fn learn(&mut self, experiment: &Experiment, summary: &Summary) {
        let fine_tune = experiment.fine_tune.as_ref();
        for stage in &summary.stages {
            let depth = fine_tune.map_or(CONVOLUTIONS, |it| it.frozen_layers.get() as usize);
            let augmented = fine_tune.is_some_and(|it| !super::convert::augment(&it.augment).is_identity());
            let (place, assumed) = match stage.stage.as_str() {
                name if name == Stage::Bottleneck.name() => (0, self.frozen(CONVOLUTIONS, stage.computed)),
                name if name == Stage::Top.name() => (1, self.top(stage.computed)),
                _ => (2, self.fine_tune(depth, augmented, stage.computed)),
            };
            self.adjust(place, assumed, stage);
        }
    }

    fn adjust(&mut self, place: usize, assumed: Duration, stage: &StageSummary) {
        if stage.computed > 0 && assumed > Duration::ZERO && stage.seconds > 0.0 {
            self.factors[place] *= stage.seconds / assumed.as_secs_f64();
        }
    }

    /// So many images through the first convolutions.
    pub fn frozen(&self, depth: usize, images: u64) -> Duration {
        let seconds = images as f64 * self.flop(0, depth) / (FROZEN * self.threads);
        Duration::from_secs_f64(seconds * self.factors[0])
    }

    /// So many epochs of the top stage.
    pub fn top(&self, epochs: u64) -> Duration {
        Duration::from_secs_f64(epochs as f64 * self.dense_epoch() * self.factors[1])
    }

    /// So many epochs of fine-tuning above a cut.
    pub fn fine_tune(&self, depth: usize, augmented: bool, epochs: u64) -> Duration {
        let passes = FORWARD_AND_BACKWARD * self.train + self.validation;
        let trained = passes * self.flop(depth, CONVOLUTIONS) / (TRAINED * self.threads);
        let frozen = if augmented { self.train * self.flop(0, depth) / (FROZEN * self.threads) } else { 0.0 };
        Duration::from_secs_f64(epochs as f64 * (trained + frozen + self.dense_epoch()) * self.factors[2])
    }

    /// Bytes of a state of the top stage.
    pub fn top_state_bytes(&self) -> u64 {
        self.dense_parameters as u64 * size_of::<f32>() as u64 * STATE_COPIES
    }

    /// Bytes of a state of fine-tuning above a cut.
    pub fn fine_tune_state_bytes(&self, depth: usize) -> u64 {
        let weights: usize = (depth..CONVOLUTIONS).map(|at| CHANNELS[at] * CHANNELS[at + 1] * 9).sum();
        self.top_state_bytes() + weights as u64 * size_of::<f32>() as u64 * STATE_COPIES
    }

    fn dense_epoch(&self) -> f64 {
        let passes = FORWARD_AND_BACKWARD * self.train + self.validation;
        2.0 * passes * self.dense_parameters / (DENSE * self.threads)
    }

    /// Multiplications and additions of direct convolution between two depths, for one image.
    fn flop(&self, from: usize, to: usize) -> f64 {
        let of_layer = |at: usize| {
            let [_, height, width] = shape_at(at, self.height, self.width);
            2.0 * 9.0 * (CHANNELS[at] * CHANNELS[at + 1] * height * width) as f64
        };
        (from..to).map(of_layer).sum()
    }
}
