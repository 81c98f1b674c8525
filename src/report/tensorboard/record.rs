//! TFRecord framing: length, its checksum, the bytes, their checksum; little-endian.
//!
//! Source: TensorFlow, `core/lib/io/record_writer.h`; the mask is that of `core/lib/hash/crc32c.h`.

/// Appends one record.
pub fn append(file: &mut Vec<u8>, bytes: &[u8]) {
    let length = (bytes.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked(&length).to_le_bytes());
    file.extend(bytes);
    file.extend(masked(bytes).to_le_bytes());
}

/// The CRC-32C, rotated and shifted so that a checksum of data that holds checksums is no weak one.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first record that TensorFlow itself wrote for the message `brain.Event:2` at wall time 0.
    #[test]
    fn the_length_and_its_masked_checksum_come_first() {
        let mut file = Vec::new();
        append(&mut file, &[0; 24]);
        assert_eq!(file[..12], [0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22]);
        assert_eq!(file.len(), 8 + 4 + 24 + 4);
    }
}
