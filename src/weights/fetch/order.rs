//! A fetch from its order to the file in its place.

use std::path::{Path, PathBuf};

use super::digest::file_sha256;
use super::error::{FetchError, FetchProblem};
use super::known::{KnownFile, Pin};
use super::transfer::{Ended, agent, transfer};
use crate::files::{Lock, LockError, Wait, create_folder, remove_file, rename};
use crate::stop::StopToken;
use crate::weights::{self, Origin};

/// Transfers of one file in a row that bring something and are cut off, before it is left to people.
const TRANSFERS: u32 = 8;

/// What to fetch.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The file.
    pub file: &'a KnownFile,
    /// The folder to put it in; made if it is missing.
    pub folder: &'a Path,
    /// Another address than the file's own: a mirror. The digest is the same.
    pub from: Option<&'a str>,
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another process fetches the same file; this one waits.
    Waiting,
    /// Bytes are to come, after the first `from`, which are here.
    Began {
        /// Bytes that are here.
        from: u64,
        /// Bytes of the whole file, where the server tells.
        total: Option<u64>,
    },
    /// So many bytes are here.
    At(u64),
    /// The connection broke; it is tried again from there.
    Again,
    /// All bytes are here, and are being held to the digest.
    Checking,
}

/// A file that is in its place, and right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It has come now.
    Now(PathBuf),
    /// It was there before.
    Before(PathBuf),
}

/// Fetches a public file, or goes on with it.
///
/// # Errors
///
/// There is no way to the server, or what comes is not the file. What has come of a transfer that was cut off is kept.
pub fn fetch(order: Order<'_>, stop: &StopToken, told: &mut dyn FnMut(Step)) -> Result<Fetched, FetchError> {
    let path = order.folder.join(order.file.file_name);
    let url = order.from.unwrap_or(order.file.url);
    into_place(order, url, &path, stop, told).map_err(|problem| FetchError {
        file: Box::new(*order.file),
        url: url.to_owned(),
        path,
        problem,
    })
}

fn into_place(
    order: Order<'_>,
    url: &str,
    path: &Path,
    stop: &StopToken,
    told: &mut dyn FnMut(Step),
) -> Result<Fetched, FetchProblem> {
    create_folder(order.folder)?;
    let beside = |extension: &str| order.folder.join(format!("{}.{extension}", order.file.file_name));
    let mut wait = Wait { stop, on_wait: &mut |_| told(Step::Waiting) };
    let lock = Lock::exclusive(&beside("lock"), &mut wait).map_err(|error| match error {
        LockError::Stopped => FetchProblem::Stopped,
        other => FetchProblem::Lock(other),
    })?;
    if path.exists() {
        told(Step::Checking);
        return match check(order.file, path)? {
            Some(FetchProblem::Corrupted { found, expected }) => Err(FetchProblem::Another { found, expected }),
            Some(problem) => Err(problem),
            None => Ok(Fetched::Before(path.to_owned())),
        };
    }
    let part = beside("part");
    whole(url, &part, stop, told)?;
    told(Step::Checking);
    if let Some(problem) = check(order.file, &part)? {
        remove_file(&part)?;
        return Err(problem);
    }
    rename(&part, path)?;
    remove_file(lock.path())?;
    Ok(Fetched::Now(path.to_owned()))
}

/// Transfers until everything is here, as long as each brings something.
fn whole(url: &str, part: &Path, stop: &StopToken, told: &mut dyn FnMut(Step)) -> Result<(), FetchProblem> {
    let (agent, mut best) = (agent(), 0);
    for transfers in 1.. {
        match transfer(&agent, url, part, stop, told)? {
            Ended::Whole => break,
            Ended::CutOff { got, .. } if got > best && transfers < TRANSFERS => {
                best = got;
                told(Step::Again);
            }
            Ended::CutOff { got, total, source } => return Err(FetchProblem::CutOff { got, total, source }),
        }
    }
    Ok(())
}

/// Why a file is not the known one; none where it is.
fn check(file: &KnownFile, path: &Path) -> Result<Option<FetchProblem>, FetchProblem> {
    let found = file_sha256(path)?;
    if found != file.pin.sha256() {
        let problem = FetchProblem::Corrupted { found: format!("SHA-256 {found}"), expected: file.pin.shown() };
        return Ok(Some(problem));
    }
    let Pin::Sha256AndValues(_, training) = file.pin else { return Ok(None) };
    let is_it = weights::read(path).is_ok_and(|imported| imported.origin == Origin::Known(training));
    Ok((!is_it).then_some(FetchProblem::Values { expected: training.name }))
}
