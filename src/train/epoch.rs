//! One epoch of training.

use super::evaluate::penalty_of;
use super::schedule::Place;
use super::state::Memory;
use super::step::step;
use super::{Batch, Diverged, FitError, Model, Observer, Pass, Progress, Samples, Settings};
use crate::net::{MaskKey, NetError, Targets};
use crate::rng::{Purpose, Stream};
use crate::stop::StopToken;

/// What is the same in every epoch.
pub(super) struct Course<'a> {
    pub settings: &'a Settings,
    pub class_weights: Option<Vec<f32>>,
    pub samples: usize,
}

/// How an epoch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Whole,
    Stopped,
}

impl Course<'_> {
    /// Batches of an epoch.
    pub fn batches(&self) -> usize {
        self.samples.div_ceil(self.settings.batch_size)
    }

    /// Where a step lies in the run.
    pub fn place(&self, step: u64) -> Place {
        Place { step, steps_per_epoch: self.batches() as u64, epochs: self.settings.epochs }
    }

    /// Trains from where `memory` stands to the end of its epoch, or until a stop is asked for.
    pub fn train(
        &self,
        model: &mut dyn Model,
        samples: &mut dyn Samples,
        memory: &mut Memory,
        observer: &mut dyn Observer,
        stop: &StopToken,
    ) -> Result<Ended, FitError> {
        let size = self.settings.batch_size;
        let order = self.order(memory.epoch);
        // All are done where the validation after them was stopped, and the last batch may be a short one.
        let rest = order.get(memory.batch * size..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(Ended::Whole);
        }
        let pass = Pass { epoch: memory.epoch, order: rest, batch_size: size };
        samples.begin(&pass).map_err(FitError::Source)?;
        // The next batch is here before the present one is trained on, so that a model can work on both.
        let length = samples.sample_len();
        let mut fill = |batch: &[u32], inputs: &mut Vec<f32>| -> Result<Vec<u32>, FitError> {
            inputs.resize(batch.len() * length, 0.0);
            samples.fill(batch.len(), inputs).map_err(FitError::Source)?;
            Ok(batch.iter().map(|&sample| samples.labels()[sample as usize]).collect())
        };
        let mut batches = rest.chunks(size);
        let (mut inputs, mut next) = (Vec::new(), Vec::new());
        let mut labels = batches.next().map(|first| fill(first, &mut inputs)).transpose()?;
        while let Some(present) = labels {
            if stop.is_requested() {
                return Ok(Ended::Stopped);
            }
            labels = batches.next().map(|batch| fill(batch, &mut next)).transpose()?;
            if labels.is_some() {
                model.expect(&next);
            }
            let targets = Targets { labels: &present, class_weights: self.class_weights.as_deref() };
            self.train_batch(model, Batch { inputs: &inputs, targets }, memory)?;
            observer.batch(&self.progress(memory));
            std::mem::swap(&mut inputs, &mut next);
        }
        Ok(Ended::Whole)
    }

    fn train_batch(&self, model: &mut dyn Model, batch: Batch<'_>, memory: &mut Memory) -> Result<(), FitError> {
        let first_sample = (memory.batch * self.settings.batch_size) as u64;
        let masks = MaskKey { seed: self.settings.seed, epoch: memory.epoch, first_sample };
        // The penalty belongs to the weights that the loss was computed with.
        let penalty = penalty_of(model, self.settings.penalty);
        let sums = match model.train(batch, masks, &step(self.settings, self.place(memory.steps))) {
            Err(NetError::OutOfMemory) => return Err(too_large(batch, |part| model.fits(part))),
            result => result?,
        };
        memory.running.add(sums.loss, penalty, sums.correct, batch.targets.labels.len());
        if !memory.running.loss.is_finite() {
            return Err(self.diverged(memory, memory.batch, sums.loss / batch.targets.labels.len() as f64));
        }
        memory.batch += 1;
        memory.steps += 1;
        Ok(())
    }

    /// The samples' order in an epoch.
    fn order(&self, epoch: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.samples as u32).collect();
        Stream::new(self.settings.seed, Purpose::Shuffle, epoch, 0).shuffle(&mut order);
        order
    }

    fn progress(&self, memory: &Memory) -> Progress {
        Progress {
            epoch: memory.epoch,
            epochs: self.settings.epochs,
            batch: memory.batch,
            batches: self.batches(),
            samples: memory.running.samples,
            loss: memory.running.mean_loss(),
            accuracy: memory.running.accuracy(),
        }
    }

    /// The error of a loss that is not finite.
    pub fn diverged(&self, memory: &Memory, batch: usize, loss: f64) -> FitError {
        // In the validation after an epoch, all of its steps are done.
        let step = memory.steps - u64::from(batch == self.batches());
        let rate = self.settings.schedule.rate(self.settings.optimizer.lr(), self.place(step));
        FitError::Diverged(Diverged {
            epoch: memory.epoch,
            batch,
            loss,
            learning_rate: rate,
            rows: memory.rows.clone(),
        })
    }
}

/// The error of a batch that the device's memory does not hold: which part of it does is found by trying.
pub(super) fn too_large(batch: Batch<'_>, mut fits: impl FnMut(Batch<'_>) -> Result<bool, NetError>) -> FitError {
    let samples = batch.targets.labels.len();
    let length = batch.inputs.len() / samples;
    let halves = std::iter::successors(Some(samples / 2), |count| Some(count / 2)).take_while(|count| *count > 0);
    for count in halves {
        let targets = Targets { labels: &batch.targets.labels[..count], ..batch.targets };
        match fits(Batch { inputs: &batch.inputs[..count * length], targets }) {
            Ok(true) => return FitError::OutOfMemory { batch: samples, fits: Some(count) },
            Ok(false) => {}
            Err(error) => return error.into(),
        }
    }
    FitError::OutOfMemory { batch: samples, fits: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{LossSum, Step, Trained};
    use crate::train::{ClassWeights, Data, InMemory, Optimizer, Penalty, Schedule, Silent, fit};

    /// A model on a device whose memory holds so many samples, in training and without.
    struct Narrow {
        trained: usize,
        scored: usize,
    }

    fn pass(batch: Batch<'_>, memory: usize) -> Result<LossSum, NetError> {
        match batch.targets.labels.len() {
            count if count > memory => Err(NetError::OutOfMemory),
            _ => Ok(LossSum::default()),
        }
    }

    impl Model for Narrow {
        fn input_shape(&self) -> [usize; 3] {
            [1, 1, 1]
        }

        fn classes(&self) -> usize {
            2
        }

        fn train(&mut self, batch: Batch<'_>, _: MaskKey, _: &Step) -> Result<LossSum, NetError> {
            pass(batch, self.trained)
        }

        fn fits(&mut self, batch: Batch<'_>) -> Result<bool, NetError> {
            Ok(pass(batch, self.trained).is_ok())
        }

        fn score(&mut self, batch: Batch<'_>, _: usize) -> Result<Vec<LossSum>, NetError> {
            Ok(vec![pass(batch, self.scored)?])
        }

        fn predict(&mut self, _: &[f32], _: usize, _: &mut [f32]) -> Result<(), NetError> {
            Ok(())
        }

        fn examine(&mut self, batch: Batch<'_>, _: &mut [f32]) -> Result<LossSum, NetError> {
            pass(batch, self.scored)
        }

        fn trained(&self) -> Vec<&dyn Trained> {
            Vec::new()
        }

        fn trained_mut(&mut self) -> Vec<&mut dyn Trained> {
            Vec::new()
        }
    }

    fn outcome(mut model: Narrow) -> Result<(), FitError> {
        let settings = Settings {
            seed: 0,
            epochs: 1,
            batch_size: 24,
            optimizer: Optimizer::Sgd { lr: 0.1, momentum: 0.0, nesterov: false },
            schedule: Schedule::Constant,
            penalty: Penalty { l1: 0.0, l2: 0.0 },
            class_weights: ClassWeights::None,
            early_stopping: None,
        };
        let mut samples = InMemory::new(vec![0.0; 40], vec![1; 40]);
        let mut validation = InMemory::new(vec![0.0; 40], vec![1; 40]);
        let data = Data { train: &mut samples, validation: Some(&mut validation) };
        fit(&mut model, data, &settings, None, &mut Silent, &StopToken::new()).map(|_| ())
    }

    #[test]
    fn a_batch_that_memory_does_not_hold_is_answered_with_one_that_it_does() {
        assert!(outcome(Narrow { trained: 24, scored: 24 }).is_ok());
        for (memory, expected) in [(23, Some(12)), (7, Some(6)), (1, Some(1)), (0, None)] {
            let in_training = Narrow { trained: memory, scored: 24 };
            let in_validation = Narrow { trained: 24, scored: memory };
            for model in [in_training, in_validation] {
                match outcome(model) {
                    Err(FitError::OutOfMemory { batch: 24, fits }) => assert_eq!(fits, expected),
                    other => panic!("with room for {memory}: {other:?}"),
                }
            }
        }
    }
}
