//! Which entries of the cache an experiment would use: these stay when the cache is tidied up.

use super::keys;
use super::prepare::Prepared;
use crate::cache::Key;
use crate::net::CONVOLUTIONS;

/// The keys of everything that a run of the experiment would look up in the cache.
pub fn needed_keys(prepared: &Prepared) -> Vec<Key> {
    let experiment = &prepared.experiment;
    let mut keys = vec![
        keys::activations(prepared, CONVOLUTIONS, experiment.bottleneck.precision).key(),
        keys::top(prepared, prepared.engine.name()).key(),
    ];
    if let Some(settings) = &experiment.fine_tune {
        let depth = settings.frozen_layers.get() as usize;
        keys.push(keys::activations(prepared, depth, settings.frozen_precision).key());
        keys.push(keys::fine_tune(prepared, prepared.engine.name()).key());
    }
    keys
}
