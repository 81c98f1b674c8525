//! One trained stage against the cache: what is finished is taken over, what was begun goes on, and every epoch leaves
//! a state from which it can.

use std::time::Duration;

use super::checkpoint::Checkpointer;
use super::error::StageError;
use super::keys;
use super::last_good;
use super::ledger::Ledger;
use super::work::Work;
use crate::cache::{At, Climb, Inputs, Key, State};
use crate::event::{EpochMetrics, Event, Stage, Unit};
use crate::runs::MetricsRow;
use crate::train::{self, Data, End, EpochRow, Model, Outcome, Progress, Settings, Snapshot, SourceError};

/// A training to be done, or to be found done.
pub(super) struct Job<'a> {
    pub stage: Stage,
    pub inputs: Inputs,
    pub settings: Settings,
    pub model: &'a mut dyn Model,
    pub data: Data<'a>,
    /// Rows of the stages before, for `metrics.csv`.
    pub earlier: &'a [MetricsRow],
}

/// A finished training. The model holds its parameters.
pub(super) struct Trained {
    pub key: Key,
    pub rows: Vec<MetricsRow>,
    /// Epochs that were found stored.
    pub reused: u32,
    /// Epochs trained now.
    pub computed: u32,
    pub because: Vec<String>,
    pub ended_early: bool,
    pub seconds: f64,
}

/// Trains, or takes over what is stored.
pub(super) fn train(work: &Work<'_>, run: &Ledger<'_>, mut job: Job<'_>) -> Result<Trained, StageError> {
    let begun = work.clock.monotonic();
    let because = work.reasons(&job.inputs)?;
    let ladder = work.cache.ladder(&job.inputs);
    run.use_key(ladder.key())?;
    let epochs = job.settings.epochs;
    let climb = match work.is_forced(job.stage) {
        true => Climb::Train(work.waiting(job.stage, |wait| ladder.climb_afresh(epochs, wait))?, None),
        false => work.waiting(job.stage, |wait| ladder.climb(epochs, wait))?,
    };
    work.report_damage();
    let (outcome, reused) = match climb {
        Climb::Finished(state) => (take_over(work, &mut job, &state)?, state.at.epochs),
        Climb::Train(rungs, state) => {
            let state = match state {
                None if !work.is_forced(job.stage) => begun_elsewhere(work, &job)?,
                state => state,
            };
            let reused = state.as_ref().map_or(0, |state| state.at.epochs);
            (fit(work, run, &mut job, &because, Checkpointer::start(rungs), state)?, reused)
        }
    };
    let rows = rows(job.stage, &outcome.rows);
    run.write_metrics(&[job.earlier, &rows].concat())?;
    Ok(Trained {
        key: ladder.key().clone(),
        computed: rows.len() as u32 - reused,
        rows,
        reused,
        because,
        ended_early: matches!(outcome.end, End::StoppedEarly { .. }),
        seconds: (work.clock.monotonic() - begun).as_secs_f64(),
    })
}

/// The state that another engine left of this training, where the run goes on from such.
fn begun_elsewhere(work: &Work<'_>, job: &Job<'_>) -> Result<Option<State>, StageError> {
    let Some(device) = work.lineage.begun_on else { return Ok(None) };
    let inputs = match job.stage {
        Stage::FineTune => keys::fine_tune(work.prepared, device),
        Stage::Bottleneck | Stage::Top => keys::top(work.prepared, device),
    };
    let ladder = work.cache.ladder(&inputs);
    Ok(match work.waiting(job.stage, |wait| ladder.climb(job.settings.epochs, wait))? {
        Climb::Finished(state) => Some(state),
        Climb::Train(_, state) => state,
    })
}

/// Puts a finished training's parameters into the model.
fn take_over(work: &Work<'_>, job: &mut Job<'_>, state: &State) -> Result<Outcome, StageError> {
    let outcome = call_fit(work, job, Some(&state.bytes), &mut Nobody)?;
    work.reporter.event(&Event::StageCached { stage: job.stage, found: u64::from(state.at.epochs) });
    Ok(outcome)
}

fn fit(
    work: &Work<'_>,
    run: &Ledger<'_>,
    job: &mut Job<'_>,
    because: &[String],
    checkpointer: Checkpointer,
    state: Option<State>,
) -> Result<Outcome, StageError> {
    let samples = job.data.train.labels().len() as u64;
    let at = state.as_ref().map_or(At::default(), |state| state.at);
    let batches_done = (u64::from(at.batches) * job.settings.batch_size as u64).min(samples);
    let done = u64::from(at.epochs) * samples + batches_done;
    work.reporter.event(&Event::StageBegan {
        stage: job.stage,
        unit: Unit::Samples,
        total: u64::from(job.settings.epochs) * samples,
        done,
        epochs: job.settings.epochs,
        because: because.to_vec(),
    });
    let begun = work.clock.monotonic();
    let mut watcher = Watcher {
        work,
        run,
        stage: job.stage,
        epochs: job.settings.epochs,
        samples,
        earlier: job.earlier,
        rows: Vec::new(),
        checkpointer: &checkpointer,
    };
    let result = call_fit(work, job, state.as_ref().map(|state| state.bytes.as_slice()), &mut watcher);
    if let Err(StageError::Diverged { source, .. }) = &result {
        let good = source.rows.len() as u32;
        last_good::keep(work, job, checkpointer.rungs()?, good)?;
        return result;
    }
    conclude(work, job.stage, checkpointer, result, begun)
}

/// Stores the end of a training, or where it stands.
fn conclude(
    work: &Work<'_>,
    stage: Stage,
    checkpointer: Checkpointer,
    result: Result<Outcome, StageError>,
    begun: Duration,
) -> Result<Outcome, StageError> {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => {
            checkpointer.rungs()?;
            return Err(error);
        }
    };
    let trained = outcome.rows.len() as u32;
    match outcome.end {
        End::Interrupted { epoch, batch } => {
            let at = At { epochs: epoch, batches: batch as u32, ended_early: false };
            checkpointer.interrupt(at, &outcome.state)?;
            return Err(StageError::Interrupted { stage });
        }
        End::Completed => checkpointer.finish(At::epoch(trained), &outcome.state)?,
        End::StoppedEarly { .. } => {
            checkpointer.finish(At { ended_early: true, ..At::epoch(trained) }, &outcome.state)?;
        }
    }
    let elapsed = work.clock.monotonic() - begun;
    let stopped_early = matches!(outcome.end, End::StoppedEarly { .. });
    work.reporter.event(&Event::StageEnded { stage, elapsed, stopped_early });
    Ok(outcome)
}

pub(super) fn call_fit(
    work: &Work<'_>,
    job: &mut Job<'_>,
    state: Option<&[u8]>,
    observer: &mut dyn train::Observer,
) -> Result<Outcome, StageError> {
    let validation = job.data.validation.as_mut().map(|samples| &mut **samples as &mut dyn train::Samples);
    let data = Data { train: &mut *job.data.train, validation };
    train::fit(job.model, data, &job.settings, state, observer, work.stop)
        .map_err(|error| StageError::from_fit(job.stage, error))
}

fn rows(stage: Stage, rows: &[EpochRow]) -> Vec<MetricsRow> {
    rows.iter().map(|row| metrics_row(stage, row)).collect()
}

fn metrics_row(stage: Stage, row: &EpochRow) -> MetricsRow {
    MetricsRow {
        stage: stage.name().to_owned(),
        epoch: row.epoch,
        accuracy: row.accuracy,
        loss: row.loss,
        val_accuracy: row.val_accuracy,
        val_loss: row.val_loss,
        learning_rate: row.learning_rate,
    }
}

/// Nobody listens: the training is already done.
struct Nobody;

impl train::Observer for Nobody {
    fn batch(&mut self, _: &Progress) {}

    fn epoch(&mut self, _: &EpochRow, _: &Snapshot<'_>) -> Result<(), SourceError> {
        Ok(())
    }
}

/// Passes on what happens, keeps `metrics.csv` up to date, and has every epoch stored.
struct Watcher<'a> {
    work: &'a Work<'a>,
    run: &'a Ledger<'a>,
    stage: Stage,
    epochs: u32,
    samples: u64,
    earlier: &'a [MetricsRow],
    rows: Vec<MetricsRow>,
    checkpointer: &'a Checkpointer,
}

impl train::Observer for Watcher<'_> {
    fn resumed(&mut self, rows: &[EpochRow]) -> Result<(), SourceError> {
        self.rows = rows.iter().map(|row| metrics_row(self.stage, row)).collect();
        let done = rows.len() as u32;
        self.run.progress(self.stage.name(), done, self.epochs);
        let written = self.run.write_metrics(&[self.earlier, &self.rows].concat());
        written.map_err(|error| Box::new(StageError::from(error)) as SourceError)?;
        self.work.reporter.event(&Event::Progress { stage: self.stage, done: u64::from(done) * self.samples });
        Ok(())
    }

    fn batch(&mut self, progress: &Progress) {
        let done = u64::from(progress.epoch) * self.samples + progress.samples;
        self.work.reporter.event(&Event::Progress { stage: self.stage, done });
    }

    fn epoch(&mut self, row: &EpochRow, snapshot: &Snapshot<'_>) -> Result<(), SourceError> {
        self.rows.push(metrics_row(self.stage, row));
        let finished = row.epoch + 1;
        if !self.checkpointer.offer(At::epoch(finished), || snapshot.bytes()) {
            return Err(Box::new(StageError::NotStored { stage: self.stage }));
        }
        self.run.progress(self.stage.name(), finished, self.epochs);
        self.run
            .write_metrics(&[self.earlier, &self.rows].concat())
            .map_err(|error| Box::new(StageError::from(error)) as SourceError)?;
        let metrics = EpochMetrics {
            epoch: row.epoch,
            accuracy: row.accuracy,
            loss: row.loss,
            val_accuracy: row.val_accuracy.unwrap_or(f64::NAN),
            val_loss: row.val_loss.unwrap_or(f64::NAN),
            learning_rate: row.learning_rate,
        };
        self.work.reporter.event(&Event::EpochEnded { stage: self.stage, metrics });
        Ok(())
    }
}
