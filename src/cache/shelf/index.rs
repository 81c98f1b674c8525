//! Where each image's record lies.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::scan::{self, Scan};
use super::segment::{Form, HEADER, Row, number};
use crate::cache::checksum::Checksum;
use crate::cache::warning::{Damage, Warning};
use crate::digest::Digest;
use crate::files::{self, FileError, PositionedFile};

/// A record's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: u32,
    pub(super) offset: u64,
    pub(super) sum: Checksum,
}

/// A segment as far as it was read.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) file: Arc<PositionedFile>,
    /// Up to where its blocks are in the index.
    pub(super) end: u64,
    /// Whether stretches of it are damaged.
    pub(super) damaged: bool,
    /// Bytes after `end` that belong to no whole block.
    pub(super) tail: u64,
}

/// All segments of a shelf, and where each image's record lies.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) segments: BTreeMap<u32, Segment>,
    /// Segments that are not used at all, and why.
    pub(super) refused: BTreeMap<u32, Damage>,
    places: HashMap<Digest, Place>,
}

impl Index {
    pub(super) fn get(&self, image: &Digest) -> Option<Place> {
        self.places.get(image).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Forgets a damaged record, unless another has taken its place meanwhile.
    pub(super) fn forget(&mut self, image: &Digest, place: &Place) -> bool {
        let known = self.places.get(image) == Some(place);
        if known {
            self.places.remove(image);
        }
        known
    }

    /// Notes the records of a block.
    pub(super) fn add(&mut self, segment: u32, payloads: u64, rows: &[Row], form: &Form) {
        for (nth, row) in rows.iter().enumerate() {
            let offset = payloads + nth as u64 * form.record_bytes as u64;
            self.places.insert(row.image, Place { segment, offset, sum: row.sum });
        }
    }

    /// Reads what was added to the folder since the last time. Where a segment was removed or replaced, all is read again.
    pub(super) fn refresh(&mut self, folder: &Path, form: &Form) -> Result<Vec<Warning>, FileError> {
        let mut warnings = Vec::new();
        if self.segments.values().any(|segment| !segment.file.is_in_place()) {
            *self = Self::default();
        }
        for path in files::list_folder(folder)? {
            let Some(number) = number(&path) else { continue };
            if self.refused.contains_key(&number) {
                continue;
            }
            if let Entry::Vacant(place) = self.segments.entry(number) {
                match open(&path, form) {
                    Ok(Some(segment)) => place.insert(segment),
                    Ok(None) => continue,
                    Err(damage) => {
                        self.refused.insert(number, damage.clone());
                        warnings.push(Warning { path, damage });
                        continue;
                    }
                };
            }
            let damaged = self.extend(number, form)?;
            warnings.extend(damaged.into_iter().map(|damage| Warning { path: path.clone(), damage }));
        }
        Ok(warnings)
    }

    /// As [`Index::refresh`], by whoever holds the write lock: what was refused is looked at again, for another process may have
    /// removed it and begun a new segment of that number.
    pub(super) fn review(&mut self, folder: &Path, form: &Form) -> Result<Vec<Warning>, FileError> {
        let refused = std::mem::take(&mut self.refused);
        let mut warnings = self.refresh(folder, form)?;
        let is_told =
            |warning: &Warning| number(&warning.path).and_then(|number| refused.get(&number)) == Some(&warning.damage);
        warnings.retain(|warning| !is_told(warning));
        Ok(warnings)
    }

    /// Reads on in one segment.
    fn extend(&mut self, number: u32, form: &Form) -> Result<Vec<Damage>, FileError> {
        let Some(segment) = self.segments.get_mut(&number) else { return Ok(Vec::new()) };
        let Scan { blocks, damaged, end, tail } = scan::scan(&segment.file, form, segment.end)?;
        segment.end = end;
        segment.tail = tail;
        segment.damaged |= !damaged.is_empty();
        for block in &blocks {
            self.add(number, block.payloads, &block.rows, form);
        }
        Ok(damaged)
    }
}

/// Opens a segment and checks its header; its blocks are still to be read. `None` where another process has just removed it.
pub(super) fn open(path: &Path, form: &Form) -> Result<Option<Segment>, Damage> {
    let file = match PositionedFile::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Damage::Unreadable(error.to_string())),
    };
    scan::check(&file, form)?;
    Ok(Some(Segment { file: Arc::new(file), end: HEADER as u64, damaged: false, tail: 0 }))
}
