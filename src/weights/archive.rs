//! Zip archives: `.pth` and `.keras`. Stored entries are read where they lie, packed ones are unpacked within a limit.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::ops::Range;

use zip::read::Config;
use zip::unstable::read::ZipIterable;
use zip::{CompressionMethod, ZipReadOptions};

use super::error::Problem;

const FORMAT: &str = "zip archive";

/// All packed entries together may unpack to this many times the size of the file. Weights hardly compress at all.
const MAX_EXPANSION: u64 = 8;

/// Where an entry's bytes are.
enum Place {
    /// In the file itself.
    Stored(Range<usize>),
    /// Unpacked; its number among the unpacked ones.
    Unpacked(usize),
}

/// A zip archive in memory.
pub(super) struct Archive<'a> {
    file: &'a [u8],
    entries: BTreeMap<String, Place>,
}

impl<'a> Archive<'a> {
    /// Reads the list of entries, and unpacks those that are packed.
    pub(super) fn open(file: &'a [u8]) -> Result<(Self, Vec<Vec<u8>>), Problem> {
        let damaged = |error: zip::result::ZipError| Problem::damaged(FORMAT, error);
        // One entry after the other: a list of all of them would be as long as the file claims, not as it is.
        let mut zip = ZipIterable::try_new(Cursor::new(file), Config::default()).map_err(damaged)?;
        let mut listed = zip.files_with_cloned_reader(ZipReadOptions::new()).map_err(damaged)?;
        let mut budget = file.len() as u64 * MAX_EXPANSION;
        let (mut entries, mut unpacked) = (BTreeMap::new(), Vec::new());
        while let Some(entry) = listed.next() {
            let entry = entry.map_err(damaged)?;
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().map_err(damaged)?.into_owned();
            let place = match (entry.compression(), entry.data_start()) {
                (CompressionMethod::Stored, Some(start)) => Place::Stored(stored(file, start, entry.size(), &name)?),
                _ => {
                    unpacked.push(unpack(entry, &mut budget, &name)?);
                    Place::Unpacked(unpacked.len() - 1)
                }
            };
            entries.insert(name, place);
        }
        Ok((Self { file, entries }, unpacked))
    }

    /// The names of all entries, in byte order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The name of an entry at the root, or in the one folder at the root, that is called so.
    pub(super) fn name_that_ends_in(&self, last: &str) -> Option<&str> {
        self.names().find(|name| {
            name.strip_suffix(last).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
                && name.matches('/').count() <= 1
        })
    }

    /// The bytes of an entry. `unpacked` is what [`Self::open`] gave beside the archive.
    pub(super) fn bytes<'b>(&self, name: &str, unpacked: &'b [Vec<u8>]) -> Option<&'b [u8]>
    where
        'a: 'b,
    {
        match self.entries.get(name)? {
            Place::Stored(range) => Some(&self.file[range.clone()]),
            Place::Unpacked(index) => unpacked.get(*index).map(Vec::as_slice),
        }
    }
}

fn stored(file: &[u8], start: u64, size: u64, name: &str) -> Result<Range<usize>, Problem> {
    let end = start.checked_add(size).filter(|&end| end <= file.len() as u64);
    let end = end.ok_or_else(|| Problem::damaged(FORMAT, format!("`{name}` goes beyond its end")))?;
    Ok(start as usize..end as usize)
}

/// Unpacks one entry, and takes its size off what all of them may have.
fn unpack(entry: impl Read, budget: &mut u64, name: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = entry.take(*budget + 1).read_to_end(&mut bytes);
    let size = read.map_err(|error| Problem::damaged(FORMAT, format!("`{name}`: {error}")))? as u64;
    *budget = budget
        .checked_sub(size)
        .ok_or_else(|| Problem::damaged(FORMAT, format!("it unpacks to more than {MAX_EXPANSION} times its size")))?;
    Ok(bytes)
}
