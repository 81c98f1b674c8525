//! Walking over a segment's blocks: their rows are read, their payloads are not.

use std::io::ErrorKind;

use super::segment::{BLOCK_HEADER, BLOCK_MAGIC, Form, HEADER, ROW, Row, claimed_records};
use crate::cache::warning::Damage;
use crate::files::{FileError, PositionedFile};

/// Enough for the head of a usual batch in one read.
const FIRST_READ: usize = BLOCK_HEADER + 32 * ROW;
/// How much is searched at a time for the next whole block.
const SEARCH: usize = 1 << 20;
/// After so many places that only look like a block, the rest is given up: it is no accident.
const MOST_LOOKALIKES: u32 = 1000;

/// A whole block.
#[derive(Debug)]
pub(super) struct Block {
    /// Where its payloads begin.
    pub(super) payloads: u64,
    pub(super) rows: Vec<Row>,
}

/// What a walk found.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) blocks: Vec<Block>,
    /// Stretches between whole blocks that make no sense.
    pub(super) damaged: Vec<Damage>,
    /// Where the last whole block ends: the next one goes here.
    pub(super) end: u64,
    /// How many bytes follow that belong to no whole block: an unfinished write, perhaps one that is just going on.
    pub(super) tail: u64,
}

/// Checks the segment's header.
pub(super) fn check(file: &PositionedFile, form: &Form) -> Result<(), Damage> {
    let unreadable = |error: FileError| Damage::Unreadable(error.to_string());
    let found = file.len().map_err(unreadable)?;
    if found < HEADER as u64 {
        return Err(Damage::Length { expected: HEADER as u64, found });
    }
    let mut header = [0; HEADER];
    file.read_at(0, &mut header).map_err(unreadable)?;
    form.check_header(&header)
}

/// Walks from `from`, where a block begins or the file ends.
pub(super) fn scan(file: &PositionedFile, form: &Form, from: u64) -> Result<Scan, FileError> {
    scan_to(file.len()?, file, form, from)
}

/// Walks up to a length that may be the file's no more: a writer that mends cuts a tail off.
fn scan_to(length: u64, file: &PositionedFile, form: &Form, from: u64) -> Result<Scan, FileError> {
    let mut walk = Walk { file, form, length, head: Vec::new(), lookalikes: 0 };
    let mut scan = Scan { blocks: Vec::new(), damaged: Vec::new(), end: from, tail: 0 };
    while scan.end < walk.length {
        let (at, block) = match walk.block_at(scan.end)? {
            Some(block) => (scan.end, block),
            None => match walk.next_block(scan.end + 1)? {
                Some(found) => found,
                None => break,
            },
        };
        if at > scan.end {
            scan.damaged.push(Damage::Stretch { offset: scan.end, bytes: at - scan.end });
        }
        scan.end = at + form.block_bytes(block.rows.len());
        scan.blocks.push(block);
    }
    scan.tail = walk.length.saturating_sub(scan.end);
    Ok(scan)
}

struct Walk<'a> {
    file: &'a PositionedFile,
    form: &'a Form,
    /// Where the file ends, as far as is known.
    length: u64,
    head: Vec<u8>,
    lookalikes: u32,
}

impl Walk<'_> {
    /// The whole block that begins at `at`, if one does.
    fn block_at(&mut self, at: u64) -> Result<Option<Block>, FileError> {
        let rest = self.length.saturating_sub(at);
        if rest < BLOCK_HEADER as u64 {
            return Ok(None);
        }
        if !self.read_head(at, rest.min(FIRST_READ as u64) as usize)? {
            return self.block_at(at);
        }
        let Some(count) = claimed_records(&self.head) else { return Ok(None) };
        if self.form.block_bytes(count) > rest {
            return Ok(None);
        }
        let wanted = BLOCK_HEADER + count * ROW;
        if wanted > self.head.len() && !self.read_head(at, wanted)? {
            return self.block_at(at);
        }
        let rows = self.form.rows(&self.head[..wanted]);
        self.lookalikes += u32::from(rows.is_none());
        Ok(rows.map(|rows| Block { payloads: at + wanted as u64, rows }))
    }

    fn read_head(&mut self, at: u64, bytes: usize) -> Result<bool, FileError> {
        let mut head = std::mem::take(&mut self.head);
        head.resize(bytes, 0);
        let read = self.read_at(at, &mut head);
        self.head = head;
        read
    }

    /// Whether there were so many bytes; if not, the file is shorter than it was, and what is known of its length is too.
    fn read_at(&mut self, at: u64, out: &mut [u8]) -> Result<bool, FileError> {
        match self.file.read_at(at, out) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                let length = self.file.len()?;
                // What has been appended since is for the next walk.
                self.length = if length < self.length { length } else { at };
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// The first whole block that begins at `from` or later.
    fn next_block(&mut self, from: u64) -> Result<Option<(u64, Block)>, FileError> {
        let mut window = vec![0; SEARCH];
        let mut at = from;
        while self.lookalikes < MOST_LOOKALIKES && self.length.saturating_sub(at) >= BLOCK_HEADER as u64 {
            let filled = (self.length - at).min(SEARCH as u64) as usize;
            if !self.read_at(at, &mut window[..filled])? {
                continue;
            }
            for offset in magics(&window[..filled]) {
                if let Some(block) = self.block_at(at + offset as u64)? {
                    return Ok(Some((at + offset as u64, block)));
                }
            }
            // A magic may lie across the border of two windows.
            at += (filled - (BLOCK_MAGIC.len() - 1)) as u64;
        }
        Ok(None)
    }
}

fn magics(window: &[u8]) -> impl Iterator<Item = usize> {
    window.windows(BLOCK_MAGIC.len()).enumerate().filter(|(_, bytes)| *bytes == BLOCK_MAGIC).map(|(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    const BYTES: usize = 24;

    /// A segment of two blocks, and then some bytes that make no sense.
    fn segment(path: &std::path::Path, form: &Form, tail: usize) -> PositionedFile {
        let mut bytes = form.header().to_vec();
        for nth in [1, 2] {
            let mut block = Vec::new();
            form.assemble(&[(Digest::of(&[nth]), &[nth; BYTES])], &mut block);
            bytes.extend(block);
        }
        bytes.extend(vec![7; tail]);
        std::fs::write(path, bytes).expect("writes");
        PositionedFile::open(path).expect("opens")
    }

    #[test]
    fn a_tail_that_is_cut_off_under_a_walk_is_the_end_of_the_file() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("segment");
        let form = Form { key: Digest::of(b"key"), record_bytes: BYTES };
        // Cut before the walk comes to it, and while the walk searches it for a block.
        for left in [0, 2 * FIRST_READ] {
            for cut in [1, BLOCK_HEADER, FIRST_READ, SEARCH, 3 * SEARCH] {
                let file = segment(&path, &form, left);
                let length = file.len().expect("it is there");
                let found = scan_to(length + cut as u64, &file, &form, HEADER as u64).expect("no error");
                assert_eq!((found.blocks.len(), found.damaged.len()), (2, 0), "{cut} bytes after {left}");
                assert_eq!((found.end, found.tail), (length - left as u64, left as u64), "{cut} bytes after {left}");
            }
        }
    }
}
