//! The last good epoch of a training that diverged: stored, even where it ended while the state of one before was being written.

use super::error::StageError;
use super::training::{Job, call_fit};
use super::work::Work;
use crate::cache::{At, Rungs};
use crate::stop::StopToken;
use crate::train::{EpochRow, Observer, Progress, Snapshot, SourceError};

/// Stores the state after so many epochs, which a training that diverged has left behind: it is made again, bit for bit, from the last one
/// that is stored. That lies no further back than a write to the disk takes.
pub(super) fn keep(work: &Work<'_>, job: &mut Job<'_>, mut rungs: Rungs, good: u32) -> Result<(), StageError> {
    let Some(state) = rungs.furthest()?.filter(|state| state.at < At::epoch(good)) else { return Ok(()) };
    let stop = StopToken::new();
    let until = Work { stop: &stop, ..*work };
    let outcome = call_fit(&until, job, Some(&state.bytes), &mut Until { epochs: good, stop: &stop })?;
    Ok(rungs.checkpoint(At::epoch(good), &outcome.state)?)
}

/// Stops after so many epochs.
struct Until<'a> {
    epochs: u32,
    stop: &'a StopToken,
}

impl Observer for Until<'_> {
    fn batch(&mut self, _: &Progress) {}

    fn epoch(&mut self, row: &EpochRow, _: &Snapshot<'_>) -> Result<(), SourceError> {
        if row.epoch + 1 == self.epochs {
            self.stop.request();
        }
        Ok(())
    }
}
