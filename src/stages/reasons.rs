//! Why a stage has to be computed, in the words of the experiment file.

use super::keys::ACTIVATIONS_CODE;
use crate::cache::{Cache, CacheError, Change, Inputs, Key};
use crate::runs::{Runs, Summary};

/// What the earlier runs of a name tell of the next.
#[derive(Debug)]
pub struct History {
    pub(super) keys: Vec<Key>,
    pub(super) summaries: Vec<Summary>,
}

impl History {
    /// Of all runs of a name; those whose files cannot be read tell nothing.
    pub fn of(runs: &Runs, name: &str) -> Self {
        let list = runs.list(Some(name)).unwrap_or_default();
        let summaries = list.iter().filter_map(|run| run.summary().ok().flatten());
        Self { keys: keys_of_earlier_runs(runs, name), summaries: summaries.collect() }
    }
}

/// The cache entries that the runs of a name have used, latest run first: what a change is told against.
pub(super) fn keys_of_earlier_runs(runs: &Runs, name: &str) -> Vec<Key> {
    let list = runs.list(Some(name)).unwrap_or_default();
    let statuses = list.iter().rev().filter_map(|run| run.status().ok());
    statuses.flat_map(|status| status.keys).filter_map(|key| key.parse().ok()).collect()
}

/// What changed since the nearest earlier result of the same stage; empty where there is none.
pub(super) fn changes(cache: &Cache, inputs: &Inputs, preferred: &[Key]) -> Result<Vec<String>, CacheError> {
    let nearest = cache.explain(inputs, preferred)?;
    Ok(nearest.map(|nearest| sentences(&nearest.changes)).unwrap_or_default())
}

/// The changes in words. That another precision has code of another version goes without saying.
fn sentences(changes: &[Change]) -> Vec<String> {
    let precision = changes.iter().any(|change| change.name.ends_with("precision"));
    let told = changes.iter().filter(|change| !(precision && change.name == ACTIVATIONS_CODE));
    told.map(sentence).collect()
}

/// `top.dropout 0.5 -> 0.3`; what is identified by a digest has only changed.
fn sentence(change: &Change) -> String {
    match change.name.as_str() {
        "training images" | "validation images" | "weights" | "top.init" => format!("{} changed", change.name),
        name if name.ends_with("code") => "frostline's own code for it changed".to_owned(),
        _ => change.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_precision_is_told_without_its_code() {
        let change = |name: &str, before: &str, after: &str| Change {
            name: name.to_owned(),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
        };
        let (code, precision) = (change(ACTIVATIONS_CODE, "2", "3"), change("bottleneck.precision", "f32", "bf16_amx"));
        assert_eq!(sentences(&[code.clone(), precision]), ["bottleneck.precision f32 -> bf16_amx"]);
        assert_eq!(sentences(&[code]), ["frostline's own code for it changed"]);
    }
}
