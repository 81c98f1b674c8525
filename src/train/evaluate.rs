//! Passes without training: metrics and probabilities.

use super::epoch::{Ended, too_large};
use super::metrics::Running;
use super::{Batch, FitError, Model, Pass, Penalty, Samples};
use crate::net::{LossSum, NetError, Targets, penalty};
use crate::stop::StopToken;

/// Metrics of a model on some samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean loss, penalties included.
    pub loss: f64,
    /// Share of samples whose class is right.
    pub accuracy: f64,
}

/// Bytes of samples that are scored together, if they are several batches: each pass reads all weights.
const TOGETHER: usize = 2 << 20;

/// Metrics on all samples, in order, without dropout and class weights. Ends early, with nothing, when a stop is asked for.
pub fn evaluate(
    model: &mut dyn Model,
    samples: &mut dyn Samples,
    batch_size: usize,
    penalty: Penalty,
    stop: &StopToken,
) -> Result<Option<Evaluation>, FitError> {
    let penalty = penalty_of(model, penalty);
    let mut running = Running::default();
    let labels = samples.labels().to_vec();
    let batches = (TOGETHER / (samples.sample_len() * size_of::<f32>() * batch_size)).max(1);
    let ended = pass_over(samples, (batch_size, batches), stop, |start, count, inputs| {
        let labels = &labels[start..start + count];
        let batch = Batch { inputs, targets: Targets { labels, class_weights: None } };
        // Summed batch by batch, however many are scored together.
        for (sums, labels) in score(model, batch, batch_size)?.iter().zip(labels.chunks(batch_size)) {
            running.add(sums.loss, penalty, sums.correct, labels.len());
        }
        Ok(())
    })?;
    let evaluation = Evaluation { loss: running.mean_loss(), accuracy: running.accuracy() };
    Ok((ended == Ended::Whole).then_some(evaluation))
}

/// The sums of each `size` samples; one by one where memory does not hold all of them at once.
fn score(model: &mut dyn Model, batch: Batch<'_>, size: usize) -> Result<Vec<LossSum>, FitError> {
    let Batch { inputs, targets } = batch;
    match model.score(batch, size) {
        Err(NetError::OutOfMemory) if targets.labels.len() > size => {
            let length = inputs.len() / targets.labels.len();
            let parts = inputs.chunks(size * length).zip(targets.labels.chunks(size));
            let sums = parts.map(|(inputs, labels)| {
                let part = Batch { inputs, targets: Targets { labels, ..targets } };
                score(model, part, size)
            });
            Ok(sums.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Err(NetError::OutOfMemory) => Err(too_large(batch, |part| is_held(model.score(part, size)))),
        result => Ok(result?),
    }
}

/// Whether memory was large enough.
fn is_held(scored: Result<Vec<LossSum>, NetError>) -> Result<bool, NetError> {
    match scored {
        Ok(_) => Ok(true),
        Err(NetError::OutOfMemory) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Metrics of labelled samples that come a batch at a time, together with what the model makes of each.
///
/// The metrics are those of [`evaluate`] to the bit where the batches are of the same size.
#[derive(Clone, Copy, Debug)]
pub struct Examination {
    running: Running,
    penalty: f64,
}

impl Examination {
    /// Nothing has been seen.
    pub fn new(model: &dyn Model, penalty: Penalty) -> Self {
        Self { running: Running::default(), penalty: penalty_of(model, penalty) }
    }

    /// Shows the model a batch; `probabilities` is `samples x classes`.
    pub fn add(&mut self, model: &mut dyn Model, batch: Batch<'_>, probabilities: &mut [f32]) -> Result<(), NetError> {
        let count = batch.targets.labels.len();
        let sums = model.examine(batch, probabilities)?;
        self.running.add(sums.loss, self.penalty, sums.correct, count);
        Ok(())
    }

    /// The metrics of all that was seen.
    pub fn evaluation(&self) -> Evaluation {
        Evaluation { loss: self.running.mean_loss(), accuracy: self.running.accuracy() }
    }
}

/// Probabilities of all samples in order, `samples x classes`. Ends early, with what it has, when a stop is asked for.
pub fn predict_all(
    model: &mut dyn Model,
    samples: &mut dyn Samples,
    batch_size: usize,
    stop: &StopToken,
) -> Result<Vec<f32>, FitError> {
    let classes = model.classes();
    let mut probabilities = Vec::with_capacity(samples.labels().len() * classes);
    pass_over(samples, (batch_size, 1), stop, |start, count, inputs| {
        probabilities.resize((start + count) * classes, 0.0);
        model.predict(inputs, count, &mut probabilities[start * classes..])?;
        Ok(())
    })?;
    Ok(probabilities)
}

/// Calls back with (first sample, count, values) of so many batches at a time, in order, until a stop is asked for.
fn pass_over(
    samples: &mut dyn Samples,
    (batch_size, batches): (usize, usize),
    stop: &StopToken,
    mut visit: impl FnMut(usize, usize, &[f32]) -> Result<(), FitError>,
) -> Result<Ended, FitError> {
    let order: Vec<u32> = (0..samples.labels().len() as u32).collect();
    samples.begin(&Pass { epoch: 0, order: &order, batch_size }).map_err(FitError::Source)?;
    let length = samples.sample_len();
    let together = order.len().min(batch_size * batches);
    let mut inputs = vec![0.0; together * length];
    for start in (0..order.len()).step_by(together) {
        let inputs = &mut inputs[..together.min(order.len() - start) * length];
        for batch in inputs.chunks_mut(batch_size * length) {
            if stop.is_requested() {
                return Ok(Ended::Stopped);
            }
            samples.fill(batch.len() / length, batch).map_err(FitError::Source)?;
        }
        visit(start, inputs.len() / length, inputs)?;
    }
    Ok(Ended::Whole)
}

/// What Keras adds to every loss: the penalties on the kernels as they are.
pub(super) fn penalty_of(model: &dyn Model, rule: Penalty) -> f64 {
    let mut sum = 0.0;
    if !rule.is_none() {
        for layer in model.trained() {
            layer.each(&mut |parameter| {
                if parameter.is_kernel() {
                    sum += penalty(&parameter.value, rule.l1 as f32, rule.l2 as f32);
                }
            });
        }
    }
    sum
}
