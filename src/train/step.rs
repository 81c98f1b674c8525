//! One step's settings.

use super::Settings;
use super::schedule::Place;
use crate::net::Step;

/// The optimiser's step at a place in the run.
pub(super) fn step(settings: &Settings, place: Place) -> Step {
    Step {
        rule: settings.optimizer.rule(),
        lr: settings.schedule.rate(settings.optimizer.lr(), place) as f32,
        l1: settings.penalty.l1 as f32,
        l2: settings.penalty.l2 as f32,
        number: place.step + 1,
    }
}
