//! Why there is no entry: the nearest earlier one of the same stage, and what changed since.

use super::error::CacheError;
use super::folder::{INPUTS, read_inputs};
use super::key::{Change, Inputs, Key};
use super::root::Cache;
use crate::files;

/// The earlier entry that is most like the one that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The earlier entry.
    pub key: Key,
    /// What changed since; empty if it is the same key, which then holds nothing usable.
    pub changes: Vec<Change>,
}

impl Cache {
    /// The nearest entry of the same stage: one of `preferred` (the previous run's, say) before others, then fewest changes,
    /// then the most recently used.
    pub fn explain(&self, inputs: &Inputs, preferred: &[Key]) -> Result<Option<Nearest>, CacheError> {
        let mut best = None;
        for key in self.keys()?.into_iter().filter(|key| key.stage() == inputs.stage()) {
            let path = self.path_of(&key).join(INPUTS);
            let Some(stored) = read_inputs(&path).filter(|stored| stored.key() == key) else { continue };
            let changes = inputs.changes_from(&stored);
            let used = files::modified(&path);
            let rank = (!preferred.contains(&key), changes.len(), std::cmp::Reverse(used));
            if best.as_ref().is_none_or(|(least, _)| rank < *least) {
                best = Some((rank, Nearest { key, changes }));
            }
        }
        Ok(best.map(|(_, nearest)| nearest))
    }
}
