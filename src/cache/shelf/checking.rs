//! Checking a shelf of which only the key is known.

use std::path::Path;

use super::appending::ShelfWriter;
use super::index;
use super::reading::Shelf;
use super::scan;
use super::segment::{Form, HEADER, number};
use crate::cache::checksum::checksum;
use crate::cache::error::CacheError;
use crate::cache::folder::EntryFolder;
use crate::cache::root::Cache;
use crate::cache::warning::Damage;
use crate::files::{self, FileError};

impl Shelf {
    /// The shelf in a folder, with the record length that its first sound segment states; `None` if no segment is sound.
    pub(in crate::cache) fn of_folder(cache: Cache, folder: EntryFolder) -> Result<Option<Self>, CacheError> {
        for path in files::list_folder(folder.path())? {
            if let Some(form) = number(&path).and_then(|_| Form::stated(&path, folder.key().digest())) {
                return Self::open(cache, folder, form.record_bytes, None).map(Some);
            }
        }
        Ok(None)
    }

    /// All damage of one segment: header, blocks and every payload.
    pub(in crate::cache) fn check_segment(folder: &EntryFolder, path: &Path) -> Result<Vec<Damage>, FileError> {
        let key = folder.key().digest();
        // Without a sound header the length of the records is unknown, and the check says what is wrong.
        let form = Form::stated(path, key).unwrap_or(Form { key, record_bytes: 0 });
        let segment = match index::open(path, &form) {
            Ok(Some(segment)) => segment,
            Ok(None) => return Ok(Vec::new()),
            Err(damage) => return Ok(vec![damage]),
        };
        let scanned = scan::scan(&segment.file, &form, HEADER as u64)?;
        let mut damaged = scanned.damaged;
        // Whole blocks lie within the file, so a record that is read is no larger than the file.
        let mut payload = vec![0; if scanned.blocks.is_empty() { 0 } else { form.record_bytes }];
        for block in &scanned.blocks {
            for (nth, row) in block.rows.iter().enumerate() {
                let offset = block.payloads + nth as u64 * form.record_bytes as u64;
                if segment.file.read_at(offset, &mut payload).is_err() || checksum(&payload) != row.sum {
                    damaged.push(Damage::Record { offset });
                }
            }
        }
        if scanned.tail > 0 {
            damaged.push(Damage::Tail { bytes: scanned.tail });
        }
        Ok(damaged)
    }
}

impl ShelfWriter<'_> {
    /// Writes a segment anew without its damaged records.
    pub(in crate::cache) fn renew(&self, number: u32) -> Result<(), CacheError> {
        let segment = self.shelf.index().segments.get(&number).cloned();
        segment.map_or(Ok(()), |segment| self.rewrite(number, &segment))
    }
}
