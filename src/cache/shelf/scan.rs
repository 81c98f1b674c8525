//! Walking over a segment's blocks: their rows are read, their payloads are not.

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
    let length = file.len()?;
    let mut walk = Walk { file, form, length, head: Vec::new(), lookalikes: 0 };
    let mut scan = Scan { blocks: Vec::new(), damaged: Vec::new(), end: from, tail: 0 };
    while scan.end < length {
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
    scan.tail = length.saturating_sub(scan.end);
    Ok(scan)
}

struct Walk<'a> {
    file: &'a PositionedFile,
    form: &'a Form,
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
        self.read_head(at, rest.min(FIRST_READ as u64) as usize)?;
        let Some(count) = claimed_records(&self.head) else { return Ok(None) };
        if self.form.block_bytes(count) > rest {
            return Ok(None);
        }
        let wanted = BLOCK_HEADER + count * ROW;
        if wanted > self.head.len() {
            self.read_head(at, wanted)?;
        }
        let rows = self.form.rows(&self.head[..wanted]);
        self.lookalikes += u32::from(rows.is_none());
        Ok(rows.map(|rows| Block { payloads: at + wanted as u64, rows }))
    }

    fn read_head(&mut self, at: u64, bytes: usize) -> Result<(), FileError> {
        self.head.resize(bytes, 0);
        self.file.read_at(at, &mut self.head)
    }

    /// The first whole block that begins at `from` or later.
    fn next_block(&mut self, from: u64) -> Result<Option<(u64, Block)>, FileError> {
        let mut window = vec![0; SEARCH];
        let mut at = from;
        while self.lookalikes < MOST_LOOKALIKES && self.length.saturating_sub(at) >= BLOCK_HEADER as u64 {
            let filled = (self.length - at).min(SEARCH as u64) as usize;
            self.file.read_at(at, &mut window[..filled])?;
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
