//! A run from its spec to its summary: the only place where the cache meets work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::activations::{self, Activations, Extraction};
use super::device::Lineage;
use super::error::StageError;
use super::fine_tune::{self, Before};
use super::finish::{self, Finished, Network};
use super::ledger::Ledger;
use super::prepare::Prepared;
use super::work::Work;
use super::{keys, reasons, top};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::data::Manifest;
use crate::event::{Event, Reporter, Stage, Warning};
use crate::files::{Wait, Waiting};
use crate::net::CONVOLUTIONS;
use crate::runs::{ActiveRun, Again, Claim, Identity, MetricsRow, Order, RunDir, RunError, Runs, State};
use crate::stop::StopToken;

/// The cache's folder within the folder of runs.
pub const CACHE_FOLDER: &str = ".cache";

/// A run to be done.
pub struct Request<'a> {
    /// What to run.
    pub prepared: &'a Prepared,
    /// Where runs are kept; the cache lies among them.
    pub runs: &'a Runs,
    /// The stage to compute although it is cached; later ones follow.
    pub force: Option<Stage>,
    /// Who listens.
    pub reporter: &'a dyn Reporter,
    /// Who may ask for a stop.
    pub stop: &'a StopToken,
    /// The time.
    pub clock: &'a Arc<dyn Clock>,
}

/// How a run came out.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is done, now.
    Done(RunDir),
    /// It was done before.
    AlreadyDone(RunDir),
    /// It stopped on request, with everything stored: it is `interrupted`, or `pruned` where it was given up.
    Interrupted(RunDir),
}

/// The identity of the run that an experiment would be.
pub fn identity(prepared: &Prepared) -> Identity {
    Identity { spec: prepared.experiment.digest(), whole: keys::run(prepared).digest() }
}

/// Runs an experiment: finds its run, goes on with it, or makes it.
///
/// # Errors
///
/// Whatever stops a stage. The run's directory then says so: `failed`, or `diverged`. What was computed is stored.
pub fn run(request: &Request<'_>) -> Result<Outcome, StageError> {
    run_as(request, None)
}

/// As [`run()`]; a run that is made has the number that was reserved for it. Stopped because it was given up, it is `pruned`.
///
/// # Errors
///
/// As [`run()`].
pub fn run_as(request: &Request<'_>, number: Option<u32>) -> Result<Outcome, StageError> {
    on_the_pool(|| claim_and_run(request, number))
}

fn claim_and_run(request: &Request<'_>, number: Option<u32>) -> Result<Outcome, StageError> {
    for text in &request.prepared.warnings {
        request.reporter.event(&Event::Warned { warning: Warning::Notice { text: text.clone() } });
    }
    let mut active = match claim(request, number)? {
        Claim::Done(run) => {
            announce_done(request, &run)?;
            return Ok(Outcome::AlreadyDone(run));
        }
        Claim::Mine(active) => *active,
    };
    let begun = request.clock.monotonic();
    announce(request, &active);
    let cache = match open_cache(request) {
        Ok(cache) => cache,
        Err(error) => return fail(request, active, error),
    };
    let preferred = reasons::keys_of_earlier_runs(request.runs, request.prepared.experiment.name.as_str());
    let lineage = Lineage::of_run(request.prepared, &active);
    if let Some(text) = lineage.notice() {
        request.reporter.event(&Event::Warned { warning: Warning::Notice { text } });
    }
    let work = Work::new(request, &cache, &preferred, &lineage);
    match stages(&work, &mut active, begun) {
        Ok(finished) => {
            let run = active.end(State::Done, None)?;
            announce_end(request, &run, &finished, begun);
            Ok(Outcome::Done(run))
        }
        Err(error) => fail(request, active, error),
    }
}

/// Does something on one of the threads that kernels share out their work to. From any other, every one of a step's many
/// parallel pieces would put that thread to sleep and wake another.
///
/// One caller at a time gets there, the others work from where they are: a thread of the pool that waits for a piece
/// takes up other work, and might take up a whole run that waits for what its own run holds.
pub(super) fn on_the_pool<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static TAKEN: Mutex<()> = Mutex::new(());
    if rayon::current_thread_index().is_some() {
        return work();
    }
    match TAKEN.try_lock() {
        Ok(_taken) => rayon::scope(|_| work()),
        Err(_) => work(),
    }
}

/// The cache of a request's runs.
pub(super) fn open_cache(request: &Request<'_>) -> Result<Cache, StageError> {
    Ok(Cache::open(&request.runs.root().join(CACHE_FOLDER), Arc::clone(request.clock))?)
}

fn claim(request: &Request<'_>, number: Option<u32>) -> Result<Claim, StageError> {
    let experiment = &request.prepared.experiment;
    let name = experiment.name.as_str();
    let folder = request.runs.folder(name)?.join("NNNN-xxxxxxxx");
    let spec = experiment.to_toml(&folder);
    let again = if request.force.is_some() { Again::Rerun } else { Again::Show };
    let order = Order { name, identity: identity(request.prepared), spec: &spec, again };
    let mut on_wait = |waiting: &Waiting| {
        let holder = waiting.holder.as_ref().map(|holder| holder.pid);
        request.reporter.event(&Event::Waiting { stage: Stage::Bottleneck, holder });
    };
    match request.runs.claim_as(number, order, Wait { stop: request.stop, on_wait: &mut on_wait }) {
        Err(RunError::Lock(crate::files::LockError::Stopped)) => {
            Err(StageError::Interrupted { stage: Stage::Bottleneck })
        }
        other => Ok(other?),
    }
}

/// Notes in the run's directory what stopped it.
fn fail(request: &Request<'_>, active: ActiveRun, error: StageError) -> Result<Outcome, StageError> {
    let StageError::Interrupted { stage } = error else {
        let state = if matches!(error, StageError::Diverged { .. }) { State::Diverged } else { State::Failed };
        // The first failure is the one to report, even if the disk refuses to note it.
        let _ = active.end(state, Some(chain(&error)));
        return Err(error);
    };
    if request.stop.is_given_up() {
        return Ok(Outcome::Interrupted(active.end(State::Pruned, Some(format!("given up during {stage}")))?));
    }
    let name = request.prepared.experiment.name.to_string();
    request.reporter.event(&Event::RunInterrupted { name, id: active.id().to_string(), stage });
    Ok(Outcome::Interrupted(active.end(State::Interrupted, Some(format!("stopped on request during {stage}")))?))
}

/// An error and its causes in one line.
fn chain(error: &StageError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The images that training uses: all, or those that can be decoded.
pub(super) struct Images {
    pub train: Arc<Manifest>,
    pub validation: Arc<Manifest>,
}

impl Images {
    pub fn usable(prepared: &Prepared, features: &Activations) -> Result<Self, StageError> {
        let without = |manifest: &Arc<Manifest>| -> Result<Arc<Manifest>, StageError> {
            let images = manifest.images.iter().enumerate();
            let bad: Vec<(usize, String)> = images
                .filter_map(|(place, image)| Some((place, features.skipped.get(&image.digest)?.clone())))
                .collect();
            if bad.is_empty() { Ok(Arc::clone(manifest)) } else { Ok(Arc::new(manifest.without(&bad)?)) }
        };
        Ok(Self { train: without(&prepared.train)?, validation: without(&prepared.validation)? })
    }

    pub fn pair(&self) -> (&Arc<Manifest>, &Arc<Manifest>) {
        (&self.train, &self.validation)
    }
}

fn stages(work: &Work<'_>, run: &mut ActiveRun, begun: Duration) -> Result<Finished, StageError> {
    let (features, seconds) = bottleneck(work, &Ledger::of(run))?;
    let images = Images::usable(work.prepared, &features)?;
    let (top_model, top) = top::train(work, &Ledger::of(run), &features, images.pair())?;
    let skipped = features.skipped.clone();
    let summaries = vec![finish::bottleneck_summary(&features, seconds), finish::trained_summary(Stage::Top, &top)];
    let mut finished = Finished { summaries, rows: top.rows, elapsed: Duration::ZERO, skipped };
    let mut network = Network::Top(top_model, features);
    if let (Some(settings), Network::Top(top_model, _)) = (&work.prepared.experiment.fine_tune, &network) {
        let forced = work.is_forced(Stage::Top);
        let work = Work { force: if forced { Some(Stage::FineTune) } else { work.force }, ..*work };
        let before = Before { images: images.pair(), top: top_model.as_ref(), rows: &finished.rows };
        let (model, at_cut, trained) = fine_tune::train(&work, &Ledger::of(run), settings, &before)?;
        finished.summaries.push(finish::trained_summary(Stage::FineTune, &trained));
        finished.rows.extend(trained.rows);
        network = Network::FineTuned(model, at_cut);
    }
    finished.elapsed = work.clock.monotonic() - begun;
    finish::write(work, run, images.pair(), &mut network, &finished)?;
    Ok(finished)
}

/// The bottleneck stage: features of every image, and the seconds it took.
pub(super) fn bottleneck(work: &Work<'_>, run: &Ledger<'_>) -> Result<(Activations, f64), StageError> {
    let begun = work.clock.monotonic();
    run.progress(Stage::Bottleneck.name(), 0, 0);
    let prepared = work.prepared;
    let extraction = Extraction {
        stage: Stage::Bottleneck,
        depth: CONVOLUTIONS,
        precision: prepared.experiment.bottleneck.precision,
        manifests: &[&prepared.train, &prepared.validation],
    };
    // Noted first: what a stopped extraction has stored is the run's as well.
    run.use_key(&extraction.key(prepared))?;
    let features = activations::ensure(work, &extraction)?;
    let elapsed = work.clock.monotonic() - begun;
    work.reporter.event(&match features.computed {
        0 => Event::StageCached { stage: Stage::Bottleneck, found: features.found },
        _ => Event::StageEnded { stage: Stage::Bottleneck, elapsed, stopped_early: false },
    });
    Ok((features, elapsed.as_secs_f64()))
}

fn announce(request: &Request<'_>, active: &ActiveRun) {
    request.reporter.event(&Event::RunBegan {
        name: request.prepared.experiment.name.to_string(),
        id: active.id().to_string(),
        path: active.path().to_owned(),
        resumed: active.is_resumed(),
    });
}

fn announce_done(request: &Request<'_>, run: &RunDir) -> Result<(), StageError> {
    let rows = run.metrics()?;
    request.reporter.event(&Event::AlreadyDone {
        name: request.prepared.experiment.name.to_string(),
        id: run.id().to_string(),
        path: run.path().to_owned(),
        val_accuracy: rows.last().and_then(|row| row.val_accuracy).unwrap_or(f64::NAN),
        best_val_accuracy: best(&rows),
    });
    Ok(())
}

fn announce_end(request: &Request<'_>, run: &RunDir, finished: &Finished, begun: Duration) {
    let stage = if request.prepared.experiment.fine_tune.is_some() { Stage::FineTune } else { Stage::Top };
    request.reporter.event(&Event::RunEnded {
        name: request.prepared.experiment.name.to_string(),
        id: run.id().to_string(),
        path: run.path().to_owned(),
        stage,
        val_accuracy: finished.rows.last().and_then(|row| row.val_accuracy).unwrap_or(f64::NAN),
        best_val_accuracy: best(&finished.rows),
        elapsed: request.clock.monotonic() - begun,
    });
}

/// The best validation accuracy of the last stage.
fn best(rows: &[MetricsRow]) -> f64 {
    let stage = rows.last().map(|row| row.stage.as_str());
    rows.iter()
        .filter(|row| Some(row.stage.as_str()) == stage)
        .filter_map(|row| row.val_accuracy)
        .fold(f64::NAN, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_on_the_pool() -> bool {
        on_the_pool(|| rayon::current_thread_index().is_some())
    }

    #[test]
    fn one_caller_at_a_time_works_on_the_pool() {
        // Other tests may be there first: those that wait their turn elsewhere are done sooner or later.
        let (first, nested, second) = loop {
            let all = on_the_pool(|| {
                let first = rayon::current_thread_index().is_some();
                let second = std::thread::spawn(is_on_the_pool).join().expect("it does not panic");
                (first, is_on_the_pool(), second)
            });
            if all.0 {
                break all;
            }
        };
        assert_eq!((first, nested, second), (true, true, false));
    }
}
