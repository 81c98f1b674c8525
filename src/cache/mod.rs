//! What was computed once is kept: per-image records, single results, training states. Everything here is safe to delete.
//!
//! - [`Inputs`]: the ordered list of what a result depends on. It feeds the [`Key`] and, beside each entry, the explanation of a
//!   miss, so the two cannot drift apart.
//! - [`Shelf`]: records of one fixed size, keyed by an image's digest, in append-only files.
//! - [`Slot`] and [`Lookup`]: one blob per key.
//! - [`Ladder`]: the states of one training at increasing epochs; "longer is not different".
//! - [`list`], [`verify`], [`gc`]: what is stored, whether it is whole, and what may go.
//!
//! Invariants. Nothing is used whose checksum does not match its bytes; what is damaged gives a [`Warning`] and counts as absent.
//! Files appear whole or grow at their end by whole blocks. A folder is written only under its lock, which vanishes with its holder.
//! A newer version is refused and never overwritten.
//!
//! This module knows no stage, no run and no experiment: keys and bytes only.
//!
//! ```text
//! .cache/
//!   version  CACHEDIR.TAG  .gitignore
//!   <stage>-<64 hex of the key>/
//!     inputs.json             what the key was made of; its modification time says when the entry was last used
//!     lock                    held by whoever writes
//!     use                     shared by whoever reads records
//!     segment-000001.shelf    records (a shelf), or
//!     value.entry             one blob (an entry), or
//!     epochs-000050.state     the state at the end of a training of 50 epochs (a ladder)
//!     progress-000100.state   the latest state of an unfinished training towards 100 epochs
//! ```

mod checksum;
mod entry;
mod envelope;
mod error;
mod explain;
mod folder;
pub mod gc;
mod key;
mod ladder;
mod list;
mod root;
mod shelf;
mod verify;
mod warning;

pub use entry::{Lookup, Slot};
pub use envelope::At;
pub use error::CacheError;
pub use explain::Nearest;
pub use key::{Change, Inputs, Key, ParseKeyError};
pub use ladder::{Climb, Ladder, Rungs, Standing, State};
pub use list::{Content, Item, list};
pub use root::Cache;
pub use shelf::{Read, Shelf, ShelfWriter};
pub use verify::{Problem, Repair, Verified, verify};
pub use warning::{Damage, Warning};
