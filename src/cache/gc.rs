//! Removing what no run needs.
//!
//! An entry goes by one rename to a name that nobody looks up, under both of its locks, and its files are removed after that: a
//! collection that is killed half-way leaves a whole cache, and the next one removes the rest.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::error::CacheError;
use super::folder::{USE_LOCK, WRITE_LOCK};
use super::key::Key;
use super::list::{Content, Item};
use super::root::Cache;
use crate::files::{self, Lock};

const TRASH: &str = ".trash-";

/// What may go besides entries that nobody needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Remove the least recently used entries, needed or not, until the rest has at most so many bytes.
    pub max_size: Option<u64>,
    /// Remove entries, needed or not, that were last used longer ago than this.
    pub older_than: Option<Duration>,
}

/// Why an entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No run and no experiment needs it.
    Unreachable,
    /// It holds nothing usable.
    Empty,
    /// It was last used too long ago.
    Old,
    /// It was used less recently than what fits into the size.
    Large,
}

/// What would go, and what would stay.
#[derive(Debug, Default)]
pub struct Plan {
    /// What would go.
    pub remove: Vec<(Item, Why)>,
    /// What would stay.
    pub keep: Vec<Item>,
}

impl Plan {
    /// How many bytes would be freed.
    pub fn bytes(&self) -> u64 {
        self.remove.iter().map(|(item, _)| item.bytes).sum()
    }
}

/// What went.
#[derive(Debug, Default)]
pub struct Swept {
    /// The entries that are gone.
    pub removed: Vec<Key>,
    /// How many bytes they had.
    pub bytes: u64,
    /// Entries that a process is using: they stay.
    pub busy: Vec<Key>,
}

/// Decides what goes; changes nothing. `live` are the keys that runs and experiments need.
///
/// Whoever calls this lists the cache first and asks for the live keys after that: what a run makes in between is then
/// either not listed or live.
pub fn plan(items: Vec<Item>, live: &HashSet<Key>, limits: Limits, now: SystemTime) -> Plan {
    let mut plan = Plan::default();
    for item in items {
        match reason(&item, live, limits, now) {
            _ if item.in_use => plan.keep.push(item),
            Some(why) => plan.remove.push((item, why)),
            None => plan.keep.push(item),
        }
    }
    if let Some(most) = limits.max_size {
        shrink(&mut plan, most);
    }
    plan
}

fn reason(item: &Item, live: &HashSet<Key>, limits: Limits, now: SystemTime) -> Option<Why> {
    let age = item.last_used.and_then(|used| now.duration_since(used).ok()).unwrap_or_default();
    match item.content {
        Content::Empty => Some(Why::Empty),
        _ if !live.contains(&item.key) => Some(Why::Unreachable),
        _ if limits.older_than.is_some_and(|limit| age > limit) => Some(Why::Old),
        Content::Records { .. } | Content::Value | Content::States(_) => None,
    }
}

fn shrink(plan: &mut Plan, most: u64) {
    plan.keep.sort_by_key(|item| std::cmp::Reverse((item.in_use, item.last_used)));
    let mut room = most;
    for item in std::mem::take(&mut plan.keep) {
        if item.in_use || item.bytes <= room {
            room = room.saturating_sub(item.bytes);
            plan.keep.push(item);
        } else {
            // Once something does not fit, nothing less recently used stays in its stead.
            room = 0;
            plan.remove.push((item, Why::Large));
        }
    }
}

/// Removes what the plan says, except entries that are in use by now.
pub fn carry_out(cache: &Cache, plan: &Plan) -> Result<Swept, CacheError> {
    empty_trash(cache.root())?;
    let mut swept = Swept::default();
    for (item, _) in &plan.remove {
        if remove(cache, &item.key)? {
            swept.removed.push(item.key.clone());
            swept.bytes += item.bytes;
        } else {
            swept.busy.push(item.key.clone());
        }
    }
    Ok(swept)
}

/// Whether the entry is gone; it stays while in use.
pub(super) fn remove(cache: &Cache, key: &Key) -> Result<bool, CacheError> {
    let path = cache.path_of(key);
    if files::modified(&path).is_none() {
        return Ok(true);
    }
    let Some(_write) = Lock::try_exclusive(&path.join(WRITE_LOCK))? else { return Ok(false) };
    let Some(_in_use) = Lock::try_exclusive(&path.join(USE_LOCK))? else { return Ok(false) };
    let trash = cache.root().join(format!("{TRASH}{key}-{}", std::process::id()));
    files::rename(&path, &trash)?;
    files::remove_folder(&trash)?;
    Ok(true)
}

/// Removes what a collection that was killed left.
fn empty_trash(root: &Path) -> Result<(), CacheError> {
    for path in files::list_folder(root)? {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TRASH)) {
            files::remove_folder(&path)?;
        }
    }
    Ok(())
}
