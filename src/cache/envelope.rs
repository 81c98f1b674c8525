//! The file format of blobs: a header of 128 bytes, then the payload.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..8 | magic `FROSTBLB` |
//! | 8..12 | version, 1 |
//! | 12..16 | kind: 1 a result, 2 a training state |
//! | 16..20, 20..24 | finished epochs, batches into the next one (states; else 0) |
//! | 24..28 | 1 if the training ended before its last epoch (states; else 0) |
//! | 28..32 | 0 |
//! | 32..40 | length of the payload |
//! | 40..72 | digest of the key |
//! | 72..104 | BLAKE3 of the payload |
//! | 104..112 | 0 |
//! | 112..128 | first half of the BLAKE3 of bytes 0..112 |
//!
//! Integers are little-endian. Every later version keeps magic, version and the header's checksum where they are.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checksum::checksum;
use super::warning::Damage;
use crate::digest::Digest;
use crate::files::{AtomicFile, FileError, PositionedFile};

const MAGIC: &[u8; 8] = b"FROSTBLB";
const VERSION: u32 = 1;
const HEADER: usize = 128;
const SUM_AT: usize = 112;

/// What a blob is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A result.
    Value = 1,
    /// A training state.
    State = 2,
}

/// Where in a training a state stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct At {
    /// Epochs finished.
    pub epochs: u32,
    /// Batches finished of the next epoch.
    pub batches: u32,
    /// The training ended here by itself, before its last epoch: more epochs would not change it.
    pub ended_early: bool,
}

impl At {
    /// At the end of so many epochs.
    pub fn epoch(epochs: u32) -> Self {
        Self { epochs, ..Self::default() }
    }
}

/// What was found at a path.
#[derive(Debug)]
pub(super) enum Contents {
    /// A whole blob.
    Whole(At, Vec<u8>),
    /// Nothing.
    Absent,
    /// Something that is not used.
    Damaged(Damage),
}

/// What a blob must say of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    pub(super) kind: Kind,
    pub(super) key: Digest,
}

struct Header {
    at: At,
    length: u64,
    payload: [u8; 32],
}

impl Envelope {
    /// Writes a blob atomically.
    pub(super) fn write(&self, path: &Path, at: At, payload: &[u8]) -> Result<(), FileError> {
        let mut file = AtomicFile::create(path)?;
        file.put(&self.header(at, payload))?;
        file.put(payload)?;
        file.commit()
    }

    fn header(&self, at: At, payload: &[u8]) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&(self.kind as u32).to_le_bytes());
        header[16..20].copy_from_slice(&at.epochs.to_le_bytes());
        header[20..24].copy_from_slice(&at.batches.to_le_bytes());
        header[24..28].copy_from_slice(&u32::from(at.ended_early).to_le_bytes());
        header[32..40].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        header[40..72].copy_from_slice(self.key.as_bytes());
        header[72..104].copy_from_slice(Digest::of(payload).as_bytes());
        let sum = checksum(&header[..SUM_AT]);
        header[SUM_AT..].copy_from_slice(&sum);
        header
    }

    /// Reads a blob and checks all of it.
    pub(super) fn read(&self, path: &Path) -> Contents {
        match self.try_read(path) {
            Ok(Some((at, payload))) => Contents::Whole(at, payload),
            Ok(None) => Contents::Absent,
            Err(damage) => Contents::Damaged(damage),
        }
    }

    fn try_read(&self, path: &Path) -> Result<Option<(At, Vec<u8>)>, Damage> {
        let Some((file, header)) = self.open(path)? else { return Ok(None) };
        let length = usize::try_from(header.length).map_err(|_| Damage::Header)?;
        let mut payload = vec![0; length];
        file.read_at(HEADER as u64, &mut payload).map_err(unreadable)?;
        if Digest::of(&payload).as_bytes() == &header.payload {
            Ok(Some((header.at, payload)))
        } else {
            Err(Damage::Checksum)
        }
    }

    /// Reads and checks the header and the length, not the payload.
    pub(super) fn peek(&self, path: &Path) -> Result<Option<At>, Damage> {
        Ok(self.open(path)?.map(|(_, header)| header.at))
    }

    /// The file and its checked header; its true length is what the header says, so that nobody allocates on its word alone.
    fn open(&self, path: &Path) -> Result<Option<(PositionedFile, Header)>, Damage> {
        let file = match PositionedFile::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let found = file.len().map_err(unreadable)?;
        if found < HEADER as u64 {
            return Err(Damage::Length { expected: HEADER as u64, found });
        }
        let mut bytes = [0; HEADER];
        file.read_at(0, &mut bytes).map_err(unreadable)?;
        let header = self.parse(&bytes)?;
        let expected = header.length.saturating_add(HEADER as u64);
        if expected == found { Ok(Some((file, header))) } else { Err(Damage::Length { expected, found }) }
    }

    fn parse(&self, bytes: &[u8; HEADER]) -> Result<Header, Damage> {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        if &bytes[..8] != MAGIC {
            return Err(Damage::NotOurs);
        }
        if checksum(&bytes[..SUM_AT]) != bytes[SUM_AT..] {
            return Err(Damage::Header);
        }
        match word(8) {
            VERSION => {}
            found if found > VERSION => return Err(Damage::Newer { found, known: VERSION }),
            _ => return Err(Damage::Header),
        }
        if word(12) != self.kind as u32 || bytes[40..72] != self.key.as_bytes()[..] {
            return Err(Damage::OtherKey);
        }
        Ok(Header {
            at: At { epochs: word(16), batches: word(20), ended_early: word(24) == 1 },
            length: u64::from_le_bytes(bytes[32..40].try_into().expect("eight bytes")),
            payload: bytes[72..104].try_into().expect("thirty-two bytes"),
        })
    }
}

fn unreadable(error: FileError) -> Damage {
    Damage::Unreadable(error.to_string())
}
