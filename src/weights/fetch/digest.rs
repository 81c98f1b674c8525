//! The digest by which public files are known.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Read at a time: large against the cost of a call, small against memory.
const CHUNK: usize = 1 << 20;

/// The SHA-256 of a file, in 64 lower-case hexadecimal digits, in bounded memory.
///
/// # Errors
///
/// It cannot be read.
pub fn file_sha256(path: &Path) -> io::Result<String> {
    let (mut file, mut sha256) = (File::open(path)?, Sha256::new());
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => sha256.update(&chunk[..count]),
        }
    }
    Ok(sha256.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").expect("a file");
        // FIPS 180-4, appendix.
        let digest = file_sha256(&path).expect("it can be read");
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
