//! The digests by which publishers name their files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha256};

/// Read at a time: large against the cost of a call, small against memory.
const CHUNK: usize = 1 << 20;

/// SHA-256 and MD5 of a file, in lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDigests {
    /// 64 digits.
    pub sha256: String,
    /// 32 digits.
    pub md5: String,
}

/// Digests a file in bounded memory.
///
/// # Errors
///
/// It cannot be read.
pub fn file_digests(path: &Path) -> io::Result<FileDigests> {
    let (mut file, mut sha256, mut md5) = (File::open(path)?, Sha256::new(), Md5::new());
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => {
                sha256.update(&chunk[..count]);
                md5.update(&chunk[..count]);
            }
        }
    }
    Ok(FileDigests { sha256: hexadecimal(&sha256.finalize()), md5: hexadecimal(&md5.finalize()) })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").expect("a file");
        let digests = file_digests(&path).expect("it can be read");
        // FIPS 180-4, appendix; RFC 1321, appendix A.5.
        assert_eq!(digests.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digests.md5, "900150983cd24fb0d6963f7d28e17f72");
    }
}
