//! Mending a shelf, by whoever holds its write lock.

use super::appending::ShelfWriter;
use super::index::Segment;
use super::scan;
use super::segment::{HEADER, name};
use crate::cache::checksum::checksum;
use crate::cache::error::CacheError;
use crate::cache::warning::{Damage, Warning};
use crate::digest::Digest;
use crate::files::{self, AtomicFile, PositionedFile};

impl ShelfWriter<'_> {
    /// Cuts off unfinished tails, removes segments that are damaged at their head, writes anew those that are damaged inside.
    pub(super) fn mend(&self) -> Result<(), CacheError> {
        self.cut_tails()?;
        let refused: Vec<u32> = {
            let index = self.shelf.index();
            let of_no_use = |damage: &Damage| !matches!(damage, Damage::Newer { .. });
            index.refused.iter().filter(|(_, damage)| of_no_use(damage)).map(|(number, _)| *number).collect()
        };
        for number in refused {
            files::remove_file(&self.shelf.path().join(name(number)))?;
            self.shelf.index_mut().refused.remove(&number);
        }
        let damaged: Vec<(u32, Segment)> = {
            let index = self.shelf.index();
            let segments = index.segments.iter().filter(|(_, segment)| segment.damaged);
            segments.map(|(number, segment)| (*number, segment.clone())).collect()
        };
        damaged.iter().try_for_each(|(number, segment)| self.rewrite(*number, segment))
    }

    fn cut_tails(&self) -> Result<(), CacheError> {
        for segment in self.shelf.index_mut().segments.values_mut().filter(|segment| segment.tail > 0) {
            let path = segment.file.path();
            self.shelf.cache.warn(Warning { path: path.to_owned(), damage: Damage::Tail { bytes: segment.tail } });
            let file = PositionedFile::open_writable(path)?;
            file.truncate(segment.end)?;
            file.sync()?;
            segment.tail = 0;
        }
        Ok(())
    }

    /// Writes the whole records of a segment into a new one and removes it. Whoever has it open reads on in the old file.
    pub(super) fn rewrite(&self, number: u32, segment: &Segment) -> Result<(), CacheError> {
        let path = self.shelf.path().join(name(self.next_number()));
        self.copy_whole(segment, &path)?;
        files::remove_file(&self.shelf.path().join(name(number)))?;
        self.shelf.refresh()
    }

    fn copy_whole(&self, segment: &Segment, path: &std::path::Path) -> Result<(), CacheError> {
        let form = &self.shelf.form;
        let mut copy = AtomicFile::create(path)?;
        copy.put(&form.header())?;
        let mut block = Vec::new();
        for found in scan::scan(&segment.file, form, HEADER as u64)?.blocks {
            let mut payload = vec![0; form.record_bytes];
            let mut whole: Vec<(Digest, Vec<u8>)> = Vec::new();
            for (nth, row) in found.rows.iter().enumerate() {
                let offset = found.payloads + nth as u64 * form.record_bytes as u64;
                if segment.file.read_at(offset, &mut payload).is_ok() && checksum(&payload) == row.sum {
                    whole.push((row.image, payload.clone()));
                }
            }
            if !whole.is_empty() {
                let records: Vec<(Digest, &[u8])> = whole.iter().map(|(image, bytes)| (*image, &bytes[..])).collect();
                form.assemble(&records, &mut block);
                copy.put(&block)?;
            }
        }
        Ok(copy.commit()?)
    }
}
