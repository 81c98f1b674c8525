//! What a layer takes away from those below it, before they are merged key by key.
//!
//! A new `kind` of optimizer, schedule or pruner starts its table anew, because the other keys and their defaults belong to the kind.
//! `validation` and `validation_fraction` displace each other.

use toml::Value;

use super::key::Key;
use super::layer::Layer;
use super::manual::{KINDED, manual};

const DISPLACE: [&str; 2] = ["data.validation", "data.validation_fraction"];

/// Removes from each layer what a higher one displaces; `layers` go from the lowest to the highest.
pub fn settle(layers: &mut [Layer]) {
    for (table, _) in KINDED {
        new_kinds_start_anew(layers, &Key::dotted(table));
    }
    for index in 1..layers.len() {
        let (lower, rest) = layers.split_at_mut(index);
        let keys = DISPLACE.map(Key::dotted);
        if keys.iter().any(|key| rest[0].get(key).is_some()) {
            lower.iter_mut().for_each(|layer| keys.iter().for_each(|key| layer.remove(key)));
        }
    }
}

fn new_kinds_start_anew(layers: &mut [Layer], table: &Key) {
    let mut kind = manual().usual_kind(table).to_owned();
    for index in 0..layers.len() {
        let (lower, rest) = layers.split_at_mut(index);
        let new = rest[0].get(&table.join("kind")).and_then(Value::as_str).unwrap_or(&kind).to_owned();
        if new != kind {
            lower.iter_mut().for_each(|layer| layer.remove(table));
            kind = new;
        }
    }
}
