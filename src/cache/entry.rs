//! One blob per key: a hit gives its bytes, a miss gives the slot that only saving consumes.

use super::envelope::{At, Contents, Kind};
use super::error::CacheError;
use super::folder::EntryFolder;
use super::key::Inputs;
use super::root::Cache;
use super::warning::Damage;
use crate::files::{Lock, Wait};

pub(super) const VALUE: &str = "value.entry";

/// What was found under a key.
#[derive(Debug)]
pub enum Lookup {
    /// The stored bytes, verified.
    Hit(Vec<u8>),
    /// Nothing usable: compute, and save into the slot. Whoever asks meanwhile waits for it.
    Miss(Slot),
}

/// The right, held by one process at a time, to save the blob of a key. Dropped, it lets the next one try.
#[derive(Debug)]
pub struct Slot {
    folder: EntryFolder,
    _lock: Lock,
}

impl Slot {
    /// Stores the bytes, durably and whole.
    pub fn save(self, bytes: &[u8]) -> Result<(), CacheError> {
        self.folder.store(VALUE, (Kind::Value, At::default()), bytes)
    }
}

impl Cache {
    /// The blob of a key. Waits while another process computes it.
    pub fn entry(&self, inputs: &Inputs, mut wait: Wait<'_>) -> Result<Lookup, CacheError> {
        let folder = self.folder(inputs);
        if let Contents::Whole(_, bytes) = folder.load(VALUE, Kind::Value) {
            folder.touch();
            return Ok(Lookup::Hit(bytes));
        }
        let lock = folder.lock(&mut wait)?;
        match folder.load(VALUE, Kind::Value) {
            Contents::Whole(_, bytes) => {
                folder.touch();
                Ok(Lookup::Hit(bytes))
            }
            Contents::Absent => Ok(Lookup::Miss(Slot { folder, _lock: lock })),
            Contents::Damaged(damage) => {
                folder.warn(&folder.path().join(VALUE), damage.clone());
                folder.discard(VALUE, &damage)?;
                Ok(Lookup::Miss(Slot { folder, _lock: lock }))
            }
        }
    }

    /// The blob of a key if it is there and whole; waits for nobody and changes nothing.
    pub fn look_entry(&self, inputs: &Inputs) -> Result<Option<Vec<u8>>, Damage> {
        match self.folder(inputs).load(VALUE, Kind::Value) {
            Contents::Whole(_, bytes) => Ok(Some(bytes)),
            Contents::Absent => Ok(None),
            Contents::Damaged(damage) => Err(damage),
        }
    }
}
