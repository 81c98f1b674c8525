//! The training loop.

use super::early_stopping::Monitor;
use super::epoch::{Course, Ended};
use super::metrics::Running;
use super::state::{self, Memory};
use super::{EpochRow, FitError, Model, Observer, Samples, Settings, Snapshot, StateError, evaluate};
use crate::stop::StopToken;

/// What a model is fitted to and measured by.
pub struct Data<'a> {
    /// Trained on.
    pub train: &'a mut dyn Samples,
    /// Measured after each epoch, if there is any.
    pub validation: Option<&'a mut dyn Samples>,
}

/// How a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Completed,
    /// Early stopping ended it.
    StoppedEarly {
        /// The best epoch, from 0.
        best_epoch: u32,
    },
    /// A stop was asked for.
    Interrupted {
        /// The epoch under way.
        epoch: u32,
        /// Batches done in it: all of them where its validation was stopped.
        batch: usize,
    },
}

/// What a fit gives besides the fitted model.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// Every epoch's metrics, those before a resumption included.
    pub rows: Vec<EpochRow>,
    /// The state to go on from.
    pub state: Vec<u8>,
}

/// Fits a model, from the start or from a state.
///
/// A state that has fewer epochs than `settings.epochs` is continued, and the result is bit for bit that of an
/// uninterrupted run. With `restore_best`, the model ends with its best epoch's parameters, while the state keeps both.
pub fn fit(
    model: &mut dyn Model,
    mut data: Data<'_>,
    settings: &Settings,
    state: Option<&[u8]>,
    observer: &mut dyn Observer,
    stop: &StopToken,
) -> Result<Outcome, FitError> {
    let mut memory = begin(model, &data, settings, state)?;
    let labels = data.train.labels();
    let class_weights = settings.class_weights.of(labels, model.classes());
    let course = Course { settings, class_weights, samples: labels.len() };
    if !memory.rows.is_empty() {
        observer.resumed(&memory.rows).map_err(FitError::Observer)?;
    }
    while memory.epoch < settings.epochs && !memory.patience.exhausted {
        let row = match course.train(model, data.train, &mut memory, observer, stop)? {
            Ended::Whole => close_epoch(model, &mut data, &course, &mut memory, stop)?,
            Ended::Stopped => None,
        };
        let Some(row) = row else {
            let end = End::Interrupted { epoch: memory.epoch, batch: memory.batch };
            return Ok(Outcome { end, state: state::to_bytes(model, &memory), rows: memory.rows });
        };
        observer.epoch(&row, &Snapshot { model, memory: &memory }).map_err(FitError::Observer)?;
    }
    Ok(finish(model, memory))
}

/// The memory to start from, and the model as it was then.
fn begin(
    model: &mut dyn Model,
    data: &Data<'_>,
    settings: &Settings,
    state: Option<&[u8]>,
) -> Result<Memory, FitError> {
    if data.train.labels().is_empty() {
        return Err(FitError::NoSamples);
    }
    let watched = settings.early_stopping.map(|rule| rule.monitor);
    if data.validation.is_none() && matches!(watched, Some(Monitor::ValLoss | Monitor::ValAccuracy)) {
        return Err(FitError::NothingToWatch);
    }
    let Some(bytes) = state else { return Ok(Memory::default()) };
    let memory = state::restore(model, bytes)?;
    let found = memory.rows.len() as u32;
    if found > settings.epochs {
        return Err(StateError::TooLong { found, asked: settings.epochs }.into());
    }
    Ok(memory)
}

/// Validates, records the epoch, and moves on to the next; stopped in the validation, it leaves the epoch as trained as it is.
fn close_epoch(
    model: &mut dyn Model,
    data: &mut Data<'_>,
    course: &Course<'_>,
    memory: &mut Memory,
    stop: &StopToken,
) -> Result<Option<EpochRow>, FitError> {
    let settings = course.settings;
    let validation = match data.validation.as_deref_mut() {
        Some(samples) => match evaluate(model, samples, settings.batch_size, settings.penalty, stop)? {
            Some(validation) => Some(validation),
            None => return Ok(None),
        },
        None => None,
    };
    if let Some(loss) = validation.map(|v| v.loss).filter(|loss| !loss.is_finite()) {
        return Err(course.diverged(memory, course.batches(), loss));
    }
    let first_step = u64::from(memory.epoch) * course.batches() as u64;
    let row = EpochRow {
        epoch: memory.epoch,
        loss: memory.running.mean_loss(),
        accuracy: memory.running.accuracy(),
        val_loss: validation.map(|v| v.loss),
        val_accuracy: validation.map(|v| v.accuracy),
        learning_rate: settings.schedule.rate(settings.optimizer.lr(), course.place(first_step)),
    };
    memory.rows.push(row);
    (memory.epoch, memory.batch, memory.running) = (memory.epoch + 1, 0, Running::default());
    if let Some(rule) = &settings.early_stopping
        && memory.patience.note(rule, &row)
        && rule.restore_best
    {
        memory.best = state::values(model);
    }
    Ok(Some(row))
}

fn finish(model: &mut dyn Model, memory: Memory) -> Outcome {
    let state = state::to_bytes(model, &memory);
    if !memory.best.is_empty() {
        state::put_back(model, &memory.best);
    }
    let early = memory.patience.exhausted;
    let end = if early { End::StoppedEarly { best_epoch: memory.patience.best_epoch } } else { End::Completed };
    Outcome { end, rows: memory.rows, state }
}
