//! Whether everything that is stored is whole.

use std::path::{Path, PathBuf};

use super::entry::VALUE;
use super::envelope::{Contents, Kind};
use super::error::CacheError;
use super::folder::{EntryFolder, INPUTS, USE_LOCK, WRITE_LOCK, read_inputs};
use super::gc;
use super::key::Key;
use super::ladder::is_state;
use super::root::Cache;
use super::shelf::{Shelf, segment_number};
use super::warning::Damage;
use crate::files::{self, Lock, Wait};
use crate::stop::StopToken;

/// Whether to remove what is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Only look.
    No,
    /// Remove damaged records and files; they are computed again when needed.
    Yes,
}

/// Something damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The entry.
    pub key: Key,
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub damage: Damage,
}

/// What verifying found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// How many entries were read.
    pub entries: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// What is damaged.
    pub problems: Vec<Problem>,
    /// No damage: unfinished ends of writers that were stopped, which are of no use, and data without a list of their inputs.
    pub leftovers: Vec<Problem>,
    /// Entries that a process is writing: with [`Repair::Yes`] these were looked at and left alone.
    pub busy: Vec<Key>,
}

/// Reads everything and checks every checksum.
pub fn verify(cache: &Cache, repair: Repair) -> Result<Verified, CacheError> {
    let mut verified = Verified::default();
    for key in cache.keys()? {
        let folder = EntryFolder::of_key(cache.clone(), key.clone());
        let is_held = |name: &str| Lock::is_held(&folder.path().join(name));
        let busy = is_held(WRITE_LOCK);
        let mut damaged = check(cache, &folder)?;
        if busy || is_held(USE_LOCK) {
            // Whoever holds them is about to write the rest.
            damaged.retain(|(_, damage)| !matches!(damage, Damage::Bare));
        }
        if repair == Repair::Yes && !busy && !damaged.is_empty() {
            mend(cache, &folder, &damaged)?;
        }
        verified.entries += 1;
        verified.bytes += files::folder_bytes(folder.path())?;
        for (path, damage) in damaged {
            let problem = Problem { key: key.clone(), path, damage };
            match problem.damage {
                Damage::Tail { .. } if busy => {}
                Damage::Tail { .. } | Damage::Bare | Damage::Unlisted => verified.leftovers.push(problem),
                _ => verified.problems.push(problem),
            }
        }
        if busy {
            verified.busy.push(key);
        }
    }
    Ok(verified)
}

/// All damage of one entry, by file.
fn check(cache: &Cache, folder: &EntryFolder) -> Result<Vec<(PathBuf, Damage)>, CacheError> {
    let mut damaged = Vec::new();
    let inputs = folder.path().join(INPUTS);
    let paths = files::list_folder(folder.path())?;
    if !paths.iter().any(|path| *path == inputs || is_data(path)) {
        return Ok(vec![(folder.path().to_owned(), Damage::Bare)]);
    }
    match files::modified(&inputs) {
        None => damaged.push((inputs, Damage::Unlisted)),
        Some(_) if read_inputs(&inputs).is_some_and(|inputs| inputs.key() == *folder.key()) => {}
        Some(_) => damaged.push((inputs, Damage::Inputs)),
    }
    for path in paths {
        let found = check_file(folder, &path)?;
        damaged.extend(found.into_iter().map(|damage| (path.clone(), damage)));
    }
    // Whatever the shelf would warn of is listed already.
    cache.take_warnings();
    Ok(damaged)
}

/// Whether a file of an entry holds what was computed.
fn is_data(path: &Path) -> bool {
    segment_number(path).is_some() || is_state(path) || path.file_name().is_some_and(|name| name == VALUE)
}

fn check_file(folder: &EntryFolder, path: &Path) -> Result<Vec<Damage>, CacheError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if segment_number(path).is_some() {
        return Ok(Shelf::check_segment(folder, path)?);
    }
    let kind = match name {
        VALUE => Kind::Value,
        _ if is_state(path) => Kind::State,
        _ => return Ok(Vec::new()),
    };
    Ok(match folder.load(name, kind) {
        Contents::Damaged(damage) => vec![damage],
        Contents::Whole(..) | Contents::Absent => Vec::new(),
    })
}

fn mend(cache: &Cache, folder: &EntryFolder, damaged: &[(PathBuf, Damage)]) -> Result<(), CacheError> {
    if damaged.iter().any(|(_, damage)| matches!(damage, Damage::Bare)) {
        return gc::remove(cache, folder.key()).map(drop);
    }
    if damaged.iter().any(|(path, _)| segment_number(path).is_some()) {
        mend_shelf(cache, folder, damaged)?;
    }
    let Some(_lock) = Lock::try_exclusive(&folder.path().join(WRITE_LOCK))? else { return Ok(()) };
    // Where the data are sound, only their list of inputs goes: whoever uses them next knows what they are of.
    for (path, damage) in damaged.iter().filter(|(path, _)| segment_number(path).is_none()) {
        if !matches!(damage, Damage::Newer { .. } | Damage::Unlisted) {
            files::remove_file(path)?;
        }
    }
    Ok(())
}

fn mend_shelf(cache: &Cache, folder: &EntryFolder, damaged: &[(PathBuf, Damage)]) -> Result<(), CacheError> {
    let stop = StopToken::new();
    let mut on_wait = |_: &files::Waiting| stop.request();
    let wait = Wait { stop: &stop, on_wait: &mut on_wait };
    let Some(shelf) = Shelf::of_folder(cache.clone(), folder.clone())? else {
        return remove_headless(folder, damaged);
    };
    let writer = match shelf.writer(wait) {
        Err(error) if error.is_stopped() => return Ok(()),
        other => other?,
    };
    let numbers = damaged.iter().filter(|(_, damage)| matches!(damage, Damage::Record { .. }));
    let mut numbers: Vec<u32> = numbers.filter_map(|(path, _)| segment_number(path)).collect();
    numbers.dedup();
    numbers.into_iter().try_for_each(|number| writer.renew(number))?;
    drop(writer);
    cache.take_warnings();
    Ok(())
}

/// No segment has a readable header, so none can be read.
fn remove_headless(folder: &EntryFolder, damaged: &[(PathBuf, Damage)]) -> Result<(), CacheError> {
    let Some(_lock) = Lock::try_exclusive(&folder.path().join(WRITE_LOCK))? else { return Ok(()) };
    for (path, damage) in damaged.iter().filter(|(path, _)| segment_number(path).is_some()) {
        if !matches!(damage, Damage::Newer { .. }) {
            files::remove_file(path)?;
        }
    }
    Ok(())
}
