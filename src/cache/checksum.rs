//! The checksum of records and blobs: BLAKE3, cut to 128 bits where it is stored per record.

/// A stored checksum.
pub(super) type Checksum = [u8; 16];

/// The checksum of some bytes.
pub(super) fn checksum(bytes: &[u8]) -> Checksum {
    cut(&blake3::hash(bytes))
}

/// The checksum of several pieces, as if they were one.
pub(super) fn checksum_of(pieces: &[&[u8]]) -> Checksum {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    cut(&hasher.finalize())
}

fn cut(hash: &blake3::Hash) -> Checksum {
    let mut sum = Checksum::default();
    sum.copy_from_slice(&hash.as_bytes()[..16]);
    sum
}
