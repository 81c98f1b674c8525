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
    let ended = pass_over(samples, batch_size, stop, |start, count, inputs| {
        let targets = Targets { labels: &labels[start..start + count], class_weights: None };
        let batch = Batch { inputs, targets };
        let sums = match model.score(batch) {
            Err(NetError::OutOfMemory) => return Err(too_large(batch, |part| is_held(model.score(part)))),
            result => result?,
        };
        running.add(sums.loss, penalty, sums.correct, count);
        Ok(())
    })?;
    let evaluation = Evaluation { loss: running.mean_loss(), accuracy: running.accuracy() };
    Ok((ended == Ended::Whole).then_some(evaluation))
}

/// Whether memory was large enough.
fn is_held(scored: Result<LossSum, NetError>) -> Result<bool, NetError> {
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
    pass_over(samples, batch_size, stop, |start, count, inputs| {
        probabilities.resize((start + count) * classes, 0.0);
        model.predict(inputs, count, &mut probabilities[start * classes..])?;
        Ok(())
    })?;
    Ok(probabilities)
}

/// Calls back with (first sample, count, values) of each batch, in order, until a stop is asked for.
fn pass_over(
    samples: &mut dyn Samples,
    batch_size: usize,
    stop: &StopToken,
    mut visit: impl FnMut(usize, usize, &[f32]) -> Result<(), FitError>,
) -> Result<Ended, FitError> {
    let order: Vec<u32> = (0..samples.labels().len() as u32).collect();
    samples.begin(&Pass { epoch: 0, order: &order, batch_size }).map_err(FitError::Source)?;
    let mut inputs = vec![0.0; batch_size.min(order.len()) * samples.sample_len()];
    for start in (0..order.len()).step_by(batch_size) {
        if stop.is_requested() {
            return Ok(Ended::Stopped);
        }
        let count = batch_size.min(order.len() - start);
        let inputs = &mut inputs[..count * samples.sample_len()];
        samples.fill(count, inputs).map_err(FitError::Source)?;
        visit(start, count, inputs)?;
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
