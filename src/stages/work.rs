//! What every stage has at hand.

use std::sync::Arc;

use super::device::Lineage;
use super::error::StageError;
use super::prepare::Prepared;
use super::reasons;
use super::run::Request;
use crate::cache::{Cache, CacheError, Inputs, Key};
use crate::clock::Clock;
use crate::event::{Event, Reporter, Stage, Warning};
use crate::files::{Wait, Waiting};
use crate::stop::StopToken;

/// The surroundings of a stage.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub prepared: &'a Prepared,
    pub cache: &'a Cache,
    pub clock: &'a Arc<dyn Clock>,
    pub reporter: &'a dyn Reporter,
    pub stop: &'a StopToken,
    /// The stage to compute although it is cached; later ones follow.
    pub force: Option<Stage>,
    /// The entries that earlier runs of the experiment used: changes are told against them.
    pub preferred: &'a [Key],
    /// Where the trained stages are computed.
    pub lineage: &'a Lineage,
}

impl<'a> Work<'a> {
    /// The surroundings that a request brings.
    pub fn new(request: &Request<'a>, cache: &'a Cache, preferred: &'a [Key], lineage: &'a Lineage) -> Self {
        Self {
            prepared: request.prepared,
            cache,
            clock: request.clock,
            reporter: request.reporter,
            stop: request.stop,
            force: request.force,
            preferred,
            lineage,
        }
    }

    /// Whether a stage is to be computed whatever is cached.
    pub fn is_forced(&self, stage: Stage) -> bool {
        self.force == Some(stage)
    }

    /// Does something that may wait for another process, and says so if it does.
    pub fn waiting<R>(
        &self,
        stage: Stage,
        act: impl FnOnce(Wait<'_>) -> Result<R, CacheError>,
    ) -> Result<R, StageError> {
        let mut on_wait = |waiting: &Waiting| {
            let holder = waiting.holder.as_ref().map(|holder| holder.pid);
            self.reporter.event(&Event::Waiting { stage, holder });
        };
        act(Wait { stop: self.stop, on_wait: &mut on_wait }).map_err(|error| StageError::Cache(error).during(stage))
    }

    /// Passes on what the cache found damaged.
    pub fn report_damage(&self) {
        for damage in self.cache.take_warnings() {
            self.warn(Warning::DamagedCache { problem: damage.to_string() });
        }
    }

    /// Passes on a warning.
    pub fn warn(&self, warning: Warning) {
        self.reporter.event(&Event::Warned { warning });
    }

    /// An error if a stop was requested.
    pub fn check_stop(&self, stage: Stage) -> Result<(), StageError> {
        if self.stop.is_requested() { Err(StageError::Interrupted { stage }) } else { Ok(()) }
    }

    /// Why a stage is not cached: what changed since the nearest earlier result.
    pub fn reasons(&self, inputs: &Inputs) -> Result<Vec<String>, StageError> {
        Ok(reasons::changes(self.cache, inputs, self.preferred)?)
    }
}
