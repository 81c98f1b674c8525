//! What a run would do, and why. Looks only: nothing is created, locked or computed.

use std::sync::Arc;
use std::time::Duration;

use super::error::StageError;
use super::estimate::Rates;
use super::prepare::Prepared;
use super::reasons::History;
use super::run::{CACHE_FOLDER, identity};
use super::{convert, keys, reasons};
use crate::cache::{self, Cache, Inputs, Key};
use crate::clock::Clock;
use crate::data::Manifest;
use crate::digest::Digest;
use crate::event::Stage;
use crate::net::{self, CONVOLUTIONS};
use crate::runs::{RunDir, Runs, State};
use crate::spec::knobs::Precision;

/// What a run would find and do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The run of this very experiment, data and weights, if there is one, and its state.
    pub run: Option<(RunDir, State)>,
    /// The stages, in order.
    pub stages: Vec<StagePlan>,
}

/// What a stage would find and do.
#[derive(Clone, Debug)]
pub struct StagePlan {
    /// The stage.
    pub stage: Stage,
    /// What is there.
    pub standing: Standing,
    /// The settings and data that changed since the nearest earlier result; empty if there is none.
    pub because: Vec<String>,
    /// How long it should take; zero where nothing is to be done.
    pub time: Duration,
    /// The part of it that every experiment with the same base, cut and images shares.
    pub shared: Duration,
    /// Bytes that it would store.
    pub bytes: u64,
}

/// What is there of a stage's result, in images (bottleneck) or epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All of it.
    Cached {
        /// Images or epochs.
        total: u64,
    },
    /// Some of it; the rest would be computed.
    Partly {
        /// Images or epochs that are there.
        done: u64,
        /// Images or epochs in all.
        total: u64,
    },
    /// None of it.
    Missing {
        /// Images or epochs.
        total: u64,
    },
    /// Whatever is there, it would be computed again.
    Forced {
        /// Images or epochs.
        total: u64,
    },
}

impl Standing {
    fn of(done: u64, total: u64) -> Self {
        match done {
            0 => Self::Missing { total },
            done if done >= total => Self::Cached { total },
            done => Self::Partly { done, total },
        }
    }

    /// Images or epochs to compute.
    pub fn to_do(self) -> u64 {
        match self {
            Self::Cached { .. } => 0,
            Self::Partly { done, total } => total - done,
            Self::Missing { total } | Self::Forced { total } => total,
        }
    }

    /// Images or epochs in all.
    pub fn total(self) -> u64 {
        match self {
            Self::Cached { total } | Self::Partly { total, .. } | Self::Missing { total } | Self::Forced { total } => {
                total
            }
        }
    }
}

/// Looks at what there is.
///
/// # Errors
///
/// A cache or runs that cannot be read.
pub fn plan(
    prepared: &Prepared,
    runs: &Runs,
    force: Option<Stage>,
    clock: &Arc<dyn Clock>,
) -> Result<Plan, StageError> {
    plan_after(&History::of(runs, prepared.experiment.name.as_str()), Question { prepared, runs, force, clock })
}

/// What a plan is asked for.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The experiment and all that it reads.
    pub prepared: &'a Prepared,
    /// Where runs and the cache are.
    pub runs: &'a Runs,
    /// The stage to compute although it is cached; later ones follow.
    pub force: Option<Stage>,
    /// The time.
    pub clock: &'a Arc<dyn Clock>,
}

/// As [`plan`], with the earlier runs of the name read before.
///
/// # Errors
///
/// As [`plan`].
pub fn plan_after(history: &History, question: Question<'_>) -> Result<Plan, StageError> {
    let Question { prepared, runs, force, clock } = question;
    let name = prepared.experiment.name.as_str();
    let look = Look {
        prepared,
        cache: Cache::look(&runs.root().join(CACHE_FOLDER), Arc::clone(clock))?,
        preferred: &history.keys,
        rates: Rates::of(&history.summaries, prepared),
        force,
    };
    let mut stages = vec![look.bottleneck()?, look.top()?];
    stages.extend(look.fine_tune()?);
    Ok(Plan { run: runs.find(name, &identity(prepared))?, stages })
}

struct Look<'a> {
    prepared: &'a Prepared,
    cache: Option<Cache>,
    preferred: &'a [Key],
    rates: Rates,
    force: Option<Stage>,
}

impl Look<'_> {
    fn bottleneck(&self) -> Result<StagePlan, StageError> {
        let prepared = self.prepared;
        let precision = prepared.experiment.bottleneck.precision;
        let (done, total) = self.stored(CONVOLUTIONS, precision, &[&prepared.train, &prepared.validation])?;
        let forced = self.force == Some(Stage::Bottleneck);
        let standing = if forced { Standing::Forced { total } } else { Standing::of(done, total) };
        let inputs = keys::activations(prepared, CONVOLUTIONS, precision);
        Ok(StagePlan {
            stage: Stage::Bottleneck,
            standing,
            because: self.because(&inputs, standing)?,
            time: self.rates.frozen(CONVOLUTIONS, standing.to_do()),
            shared: self.rates.frozen(CONVOLUTIONS, standing.to_do()),
            bytes: standing.to_do() * self.record_bytes(CONVOLUTIONS),
        })
    }

    fn top(&self) -> Result<StagePlan, StageError> {
        let epochs = self.prepared.experiment.top.epochs.get();
        let inputs = keys::top(self.prepared, self.prepared.engine.name());
        let standing = self.trained(&inputs, epochs, self.force == Some(Stage::Top))?;
        Ok(StagePlan {
            stage: Stage::Top,
            standing,
            because: self.because(&inputs, standing)?,
            time: self.rates.top(standing.to_do()),
            shared: Duration::ZERO,
            bytes: if standing.to_do() > 0 { self.rates.top_state_bytes() } else { 0 },
        })
    }

    fn fine_tune(&self) -> Result<Option<StagePlan>, StageError> {
        let Some(settings) = &self.prepared.experiment.fine_tune else { return Ok(None) };
        let inputs = keys::fine_tune(self.prepared, self.prepared.engine.name());
        let forced = matches!(self.force, Some(Stage::Top | Stage::FineTune));
        let standing = self.trained(&inputs, settings.epochs.get(), forced)?;
        let depth = settings.frozen_layers.get() as usize;
        let augmented = !convert::augment(&settings.augment).is_identity();
        let (train, validation) = (&self.prepared.train, &self.prepared.validation);
        let kept: &[&Arc<Manifest>] = if augmented { &[validation] } else { &[train, validation] };
        let (stored, wanted) = self.stored(depth, settings.frozen_precision, kept)?;
        let (frozen, trains) = (wanted - stored, standing.to_do() > 0);
        let shared = self.rates.frozen(depth, frozen);
        let time = shared + self.rates.fine_tune(depth, augmented, standing.to_do());
        let states = if trains { self.rates.fine_tune_state_bytes(depth) } else { 0 };
        Ok(Some(StagePlan {
            stage: Stage::FineTune,
            standing,
            because: self.because(&inputs, standing)?,
            time,
            shared,
            bytes: frozen * self.record_bytes(depth) + states,
        }))
    }

    /// How many of the distinct images have their activations stored, and how many there are.
    fn stored(&self, depth: usize, precision: Precision, of: &[&Arc<Manifest>]) -> Result<(u64, u64), StageError> {
        let mut images: Vec<Digest> = of.iter().flat_map(|it| it.images.iter().map(|image| image.digest)).collect();
        images.sort_unstable();
        images.dedup();
        let total = images.len() as u64;
        let Some(cache) = &self.cache else { return Ok((0, total)) };
        let inputs = keys::activations(self.prepared, depth, precision);
        let shelf = cache.look_shelf(&inputs, self.record_bytes(depth) as usize)?;
        Ok((shelf.map_or(0, |shelf| total - shelf.missing(&images).len() as u64), total))
    }

    fn trained(&self, inputs: &Inputs, epochs: u32, forced: bool) -> Result<Standing, StageError> {
        let total = u64::from(epochs);
        if forced {
            return Ok(Standing::Forced { total });
        }
        let Some(cache) = &self.cache else { return Ok(Standing::Missing { total }) };
        Ok(match cache.ladder(inputs).look(epochs)? {
            cache::Standing::Finished(_) => Standing::Cached { total },
            cache::Standing::Start(at) => Standing::of(u64::from(at.epochs), total),
            cache::Standing::Nothing => Standing::Missing { total },
        })
    }

    fn because(&self, inputs: &Inputs, standing: Standing) -> Result<Vec<String>, StageError> {
        match (&self.cache, standing) {
            (Some(cache), Standing::Missing { .. }) => Ok(reasons::changes(cache, inputs, self.preferred)?),
            (Some(_) | None, _) => Ok(Vec::new()),
        }
    }

    fn record_bytes(&self, depth: usize) -> u64 {
        let size = self.prepared.experiment.data.target_size;
        let shape = net::shape_at(depth, size.height as usize, size.width as usize);
        (shape.iter().product::<usize>() * size_of::<f32>()) as u64
    }
}
