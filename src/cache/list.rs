//! What is stored.

use std::time::SystemTime;

use super::entry::VALUE;
use super::envelope::At;
use super::error::CacheError;
use super::folder::{EntryFolder, INPUTS, USE_LOCK, WRITE_LOCK, read_inputs};
use super::key::{Inputs, Key};
use super::ladder::is_state;
use super::root::Cache;
use super::shelf::{Shelf, segment_number};
use crate::files::{self, Lock};

/// One entry of the cache.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its key.
    pub key: Key,
    /// What it holds.
    pub content: Content,
    /// Its size on disk in bytes.
    pub bytes: u64,
    /// When it was last used.
    pub last_used: Option<SystemTime>,
    /// What it was made of, where that can be read.
    pub inputs: Option<Inputs>,
    /// Whether a process is reading or writing it now.
    pub in_use: bool,
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Per-image records.
    Records {
        /// How many.
        count: usize,
        /// Bytes of each.
        record_bytes: usize,
    },
    /// One result.
    Value,
    /// The states of a training.
    States(Vec<At>),
    /// Nothing usable: its computation was stopped before the first result.
    Empty,
}

/// Every entry, in the order of their keys.
pub fn list(cache: &Cache) -> Result<Vec<Item>, CacheError> {
    cache.keys()?.into_iter().map(|key| item(cache, key)).collect()
}

fn item(cache: &Cache, key: Key) -> Result<Item, CacheError> {
    let path = cache.path_of(&key);
    let inputs = path.join(INPUTS);
    Ok(Item {
        content: content(cache, &key)?,
        bytes: files::folder_bytes(&path)?,
        last_used: files::modified(&inputs).or_else(|| files::modified(&path)),
        inputs: read_inputs(&inputs).filter(|inputs| inputs.key() == key),
        in_use: [WRITE_LOCK, USE_LOCK].iter().any(|name| Lock::is_held(&path.join(name))),
        key,
    })
}

fn content(cache: &Cache, key: &Key) -> Result<Content, CacheError> {
    let folder = EntryFolder::of_key(cache.clone(), key.clone());
    let paths = files::list_folder(folder.path())?;
    if paths.iter().any(|path| segment_number(path).is_some()) {
        let shelf = Shelf::of_folder(cache.clone(), folder)?;
        return Ok(shelf.map_or(Content::Empty, |shelf| Content::Records {
            count: shelf.len(),
            record_bytes: shelf.record_bytes(),
        }));
    }
    let names = paths.iter().filter(|path| is_state(path)).filter_map(|path| path.file_name()?.to_str());
    let states: Vec<At> = names.filter_map(|name| folder.peek(name).ok().flatten()).collect();
    if !states.is_empty() {
        return Ok(Content::States(states));
    }
    let value = paths.iter().any(|path| path.file_name().is_some_and(|name| name == VALUE));
    Ok(if value { Content::Value } else { Content::Empty })
}
