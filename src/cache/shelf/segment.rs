//! The format of a segment file: a header of 64 bytes, then blocks to the end.
//!
//! Header:
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..8 | magic `FROSTSHF` |
//! | 8..12 | version, 1 |
//! | 12..16 | 0 |
//! | 16..48 | digest of the shelf's key |
//! | 48..56 | length of one record's payload in bytes |
//! | 56..64 | first 8 bytes of the BLAKE3 of bytes 0..56 |
//!
//! Block of n records (1 <= n <= [`MOST_RECORDS`]):
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..8 | magic `FROSTBLK` |
//! | 8..12 | n |
//! | 12..16 | 0 |
//! | 16..32 | first half of the BLAKE3 of: the shelf's key, bytes 0..16, the rows |
//! | 32.. | n rows of 48 bytes: digest of the image, first half of the BLAKE3 of the payload |
//! | then | n payloads |
//!
//! Integers are little-endian. Every byte is under some checksum. Every later version keeps the header's layout.

use std::path::Path;

use crate::cache::checksum::{Checksum, checksum, checksum_of};
use crate::cache::warning::Damage;
use crate::digest::Digest;
use crate::files;

const MAGIC: &[u8; 8] = b"FROSTSHF";
const VERSION: u32 = 1;
/// Bytes of the segment's header.
pub(super) const HEADER: usize = 64;

pub(super) const BLOCK_MAGIC: &[u8; 8] = b"FROSTBLK";
/// Bytes of a block's header, before its rows.
pub(super) const BLOCK_HEADER: usize = 32;
/// Bytes of a row.
pub(super) const ROW: usize = 48;
/// More records go into several blocks: what a damaged count can claim stays small.
pub(super) const MOST_RECORDS: usize = 4096;
/// Larger batches go into several blocks too: a block is put together in memory.
pub(super) const MOST_BYTES: usize = 32 << 20;
/// No record is larger, whatever a header claims: a gigabyte, several times the largest activation of one image.
pub(super) const MOST_RECORD_BYTES: usize = 1 << 30;
/// A new segment begins once this one has so many bytes.
pub(super) const FULL: u64 = 1 << 30;

/// What the records of a shelf have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) key: Digest,
    pub(super) record_bytes: usize,
}

/// A row of a block: which image, and the checksum of its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) image: Digest,
    pub(super) sum: Checksum,
}

impl Form {
    /// The header of a new segment.
    pub(super) fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[16..48].copy_from_slice(self.key.as_bytes());
        header[48..56].copy_from_slice(&(self.record_bytes as u64).to_le_bytes());
        let sum = checksum(&header[..56]);
        header[56..].copy_from_slice(&sum[..8]);
        header
    }

    /// The form that a segment's sound header states, if it is of this key.
    pub(super) fn stated(path: &Path, key: Digest) -> Option<Self> {
        let header: [u8; HEADER] = files::read_at_most(path, HEADER as u64).ok()?.try_into().ok()?;
        let record_bytes = u64::from_le_bytes(header[48..56].try_into().expect("eight bytes"));
        let record_bytes =
            usize::try_from(record_bytes).ok().filter(|bytes| (1..=MOST_RECORD_BYTES).contains(bytes))?;
        let form = Self { key, record_bytes };
        form.check_header(&header).is_ok().then_some(form)
    }

    /// Whether a segment's header is that of this shelf.
    pub(super) fn check_header(&self, header: &[u8; HEADER]) -> Result<(), Damage> {
        if &header[..8] != MAGIC {
            return Err(Damage::NotOurs);
        }
        if checksum(&header[..56])[..8] != header[56..] {
            return Err(Damage::Header);
        }
        let found = u32::from_le_bytes(header[8..12].try_into().expect("four bytes"));
        if found > VERSION {
            return Err(Damage::Newer { found, known: VERSION });
        }
        if header == &self.header() { Ok(()) } else { Err(Damage::OtherKey) }
    }

    /// Puts a block together into `block`, replacing what it held.
    pub(super) fn assemble(&self, records: &[(Digest, &[u8])], block: &mut Vec<u8>) -> Vec<Row> {
        let row = |(image, payload): &(Digest, &[u8])| {
            assert_eq!(payload.len(), self.record_bytes, "a record has the length of its shelf's records");
            Row { image: *image, sum: checksum(payload) }
        };
        let rows: Vec<Row> = records.iter().map(row).collect();
        block.clear();
        block.extend_from_slice(BLOCK_MAGIC);
        block.extend_from_slice(&(records.len() as u32).to_le_bytes());
        block.extend_from_slice(&[0; 4 + size_of::<Checksum>()]);
        for row in &rows {
            block.extend_from_slice(row.image.as_bytes());
            block.extend_from_slice(&row.sum);
        }
        let sum = self.block_sum(block);
        block[16..BLOCK_HEADER].copy_from_slice(&sum);
        for (_, payload) in records {
            block.extend_from_slice(payload);
        }
        rows
    }

    fn block_sum(&self, head: &[u8]) -> Checksum {
        checksum_of(&[self.key.as_bytes(), &head[..16], &head[BLOCK_HEADER..]])
    }

    /// The rows of a block, from its header and rows, or `None` if they do not match their checksum.
    pub(super) fn rows(&self, head: &[u8]) -> Option<Vec<Row>> {
        if self.block_sum(head) != head[16..BLOCK_HEADER] {
            return None;
        }
        let row = |row: &[u8]| Row {
            image: Digest::from_bytes(row[..32].try_into().expect("thirty-two bytes")),
            sum: row[32..].try_into().expect("sixteen bytes"),
        };
        Some(head[BLOCK_HEADER..].chunks_exact(ROW).map(row).collect())
    }

    /// Bytes of a whole block of `count` records.
    pub(super) fn block_bytes(&self, count: usize) -> u64 {
        (BLOCK_HEADER + count * ROW) as u64 + count as u64 * self.record_bytes as u64
    }
}

/// The number of records that a block's header claims, if it looks like one.
pub(super) fn claimed_records(header: &[u8]) -> Option<usize> {
    let count = u32::from_le_bytes(header[8..12].try_into().expect("four bytes")) as usize;
    (&header[..8] == BLOCK_MAGIC && header[12..16] == [0; 4] && (1..=MOST_RECORDS).contains(&count)).then_some(count)
}

/// The name of a segment.
pub(super) fn name(number: u32) -> String {
    format!("segment-{number:06}.shelf")
}

/// The number in a segment's name.
pub(in crate::cache) fn number(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix("segment-")?.strip_suffix(".shelf")?.parse().ok()
}
