//! TIFF images with a palette, which the tiff crate doesn't read: seen as grey images of indices, and looked up here.

const BITS_PER_SAMPLE: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const COLOR_MAP: u16 = 320;

const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u16 = 3;

/// Where the first page says that it has a palette of 256 colours, and the palette.
pub struct Palette {
    /// Of the two bytes that say so.
    position: usize,
    big_endian: bool,
    colors: Vec<[u8; 3]>,
}

impl Palette {
    /// The palette of a classic TIFF file's first page, if it has one and 8 bits a pixel.
    pub fn of_tiff(bytes: &[u8]) -> Option<Self> {
        let big_endian = bytes.starts_with(b"MM\0*");
        if !big_endian && !bytes.starts_with(b"II*\0") {
            return None;
        }
        let tiff = Tiff { bytes, big_endian };
        let directory = tiff.u32_at(4)?;
        let entries = usize::from(tiff.u16_at(directory)?);
        let entry = |tag| (0..entries).map(|i| directory + 2 + i * 12).find(|&at| tiff.u16_at(at) == Some(tag));
        let position = entry(PHOTOMETRIC)? + 8;
        if tiff.u16_at(position)? != PALETTE || tiff.u16_at(entry(BITS_PER_SAMPLE)? + 8)? != 8 {
            return None;
        }
        let map = tiff.u32_at(entry(COLOR_MAP)? + 8)?;
        // All reds, then all greens, then all blues, at 16 bits.
        let level = |index: usize| tiff.u16_at(map + index * 2).map(|level| (level >> 8) as u8);
        let color = |index| Some([level(index)?, level(index + 256)?, level(index + 512)?]);
        Some(Self { position, big_endian, colors: (0..256).map(color).collect::<Option<_>>()? })
    }

    /// The file as a grey one.
    pub fn without(&self, bytes: &[u8]) -> Vec<u8> {
        let value = if self.big_endian { BLACK_IS_ZERO.to_be_bytes() } else { BLACK_IS_ZERO.to_le_bytes() };
        let mut bytes = bytes.to_vec();
        bytes[self.position..self.position + 2].copy_from_slice(&value);
        bytes
    }

    /// Indices to RGB.
    pub fn look_up(&self, indices: &[u8]) -> Vec<u8> {
        indices.iter().flat_map(|&index| self.colors[usize::from(index)]).collect()
    }
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Tiff<'_> {
    fn u16_at(&self, position: usize) -> Option<u16> {
        let bytes = self.bytes.get(position..position.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32_at(&self, position: usize) -> Option<usize> {
        let bytes = self.bytes.get(position..position.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) } as usize)
    }
}
