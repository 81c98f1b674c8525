//! The one writer of a shelf.

use std::sync::Arc;

use super::index::{Segment, open};
use super::reading::Shelf;
use super::segment::{FULL, MOST_BYTES, MOST_RECORDS, name};
use crate::cache::error::CacheError;
use crate::digest::Digest;
use crate::files::{self, FileError, Lock, PositionedFile, Wait};

/// The right, held by one process at a time, to append to a shelf.
#[derive(Debug)]
pub struct ShelfWriter<'a> {
    pub(super) shelf: &'a Shelf,
    /// The segment that grows, opened for writing; made at the first append.
    growing: Option<(u32, Arc<PositionedFile>)>,
    block: Vec<u8>,
    _lock: Lock,
}

impl Shelf {
    /// Becomes the writer, once nobody else is, and takes in what others appended: ask [`Shelf::missing`] again afterwards.
    ///
    /// What is damaged is mended on the way: unfinished tails are cut off, and segments with damaged stretches written anew.
    pub fn writer(&self, mut wait: Wait<'_>) -> Result<ShelfWriter<'_>, CacheError> {
        let lock = self.folder.lock(&mut wait)?;
        let writer = ShelfWriter { shelf: self, growing: None, block: Vec::new(), _lock: lock };
        self.review()?;
        writer.mend()?;
        Ok(writer)
    }
}

impl ShelfWriter<'_> {
    /// Appends the records of some images, each of the shelf's record length. On return they are on the disk; up to
    /// `MOST_BYTES` they go in one step, so that after an error none of them counts.
    pub fn append(&mut self, records: &[(Digest, &[u8])]) -> Result<(), CacheError> {
        let most = (MOST_BYTES / self.shelf.form.record_bytes.max(1)).clamp(1, MOST_RECORDS);
        records.chunks(most).try_for_each(|chunk| self.append_block(chunk))
    }

    /// As [`ShelfWriter::append`], for records of `f32`.
    pub fn append_f32(&mut self, records: &[(Digest, &[f32])]) -> Result<(), CacheError> {
        let bytes: Vec<(Digest, &[u8])> =
            records.iter().map(|(image, record)| (*image, bytemuck::cast_slice(record))).collect();
        self.append(&bytes)
    }

    /// Removes every record, to compute them all again. Whoever has the shelf open reads on in the old files.
    pub fn clear(&mut self) -> Result<(), CacheError> {
        self.growing = None;
        let numbers: Vec<u32> = self.shelf.index().segments.keys().copied().collect();
        for number in numbers {
            files::remove_file(&self.shelf.path().join(name(number)))?;
        }
        self.shelf.refresh()
    }

    fn append_block(&mut self, records: &[(Digest, &[u8])]) -> Result<(), CacheError> {
        let (number, file) = self.growing()?;
        let rows = self.shelf.form.assemble(records, &mut self.block);
        let end = self.shelf.index().segments.get(&number).map_or(0, |segment| segment.end);
        if let Err(error) = file.write_at(end, &self.block).and_then(|()| file.sync()) {
            // The next append writes over what the failed one left; cutting it off only frees the room.
            let _ = file.truncate(end);
            return Err(error.into());
        }
        let mut index = self.shelf.index_mut();
        if let Some(segment) = index.segments.get_mut(&number) {
            segment.end = end + self.block.len() as u64;
        }
        let payloads = end + (self.block.len() - records.len() * self.shelf.form.record_bytes) as u64;
        index.add(number, payloads, &rows, &self.shelf.form);
        Ok(())
    }

    /// The segment to append to: the last one until it is full, then a new one.
    fn growing(&mut self) -> Result<(u32, Arc<PositionedFile>), CacheError> {
        let last = self.shelf.index().segments.last_key_value().map(|(number, segment)| (*number, segment.clone()));
        let (number, segment) = match last {
            Some((number, segment)) if segment.end < FULL && !self.is_overtaken(number) => (number, segment),
            Some(_) | None => self.begin_segment()?,
        };
        match &self.growing {
            Some((known, file)) if *known == number => Ok((number, file.clone())),
            _ => {
                let file = Arc::new(PositionedFile::open_writable(segment.file.path())?);
                self.growing = Some((number, file.clone()));
                Ok((number, file))
            }
        }
    }

    /// Whether a segment that is not ours to use has a higher number: ours then go on after it.
    fn is_overtaken(&self, number: u32) -> bool {
        self.shelf.index().refused.last_key_value().is_some_and(|(refused, _)| *refused > number)
    }

    pub(super) fn begin_segment(&self) -> Result<(u32, Segment), CacheError> {
        let number = self.next_number();
        let path = self.shelf.path().join(name(number));
        self.shelf.folder.write_inputs()?;
        files::write_atomic(&path, &self.shelf.form.header())?;
        let unusable = |why: &str| FileError::unusable(&path, why);
        let segment = open(&path, &self.shelf.form).map_err(|damage| unusable(&damage.to_string()))?;
        let segment = segment.ok_or_else(|| unusable("it was removed"))?;
        self.shelf.index_mut().segments.insert(number, segment.clone());
        Ok((number, segment))
    }

    pub(super) fn next_number(&self) -> u32 {
        let index = self.shelf.index();
        let last = index.segments.keys().chain(index.refused.keys()).max();
        last.map_or(1, |last| last + 1)
    }
}
