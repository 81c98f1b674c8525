//! Which pixels a window reads, as tables of rows.
//!
//! Maps lie as rows: `images x height x width` of them, a pixel's channels each. Tables name rows; they are made on the
//! host, once for each size of a batch, and kept on the device.

use std::collections::BTreeMap;
use std::sync::Mutex;

use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;

use super::lock;
use crate::net::NetError;

/// Pixels that a window reads.
pub(super) const TAPS: usize = 9;
/// The elements of a tensor that dfdx can count on CUDA: it rounds them up to blocks of 128 in 32 bits, and wraps silently.
const COUNTABLE: usize = u32::MAX as usize - 127;

/// How many pixels a batch of maps has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Extent {
    pub images: usize,
    pub height: usize,
    pub width: usize,
}

impl Extent {
    /// Pixels of all images.
    pub fn rows(&self) -> usize {
        self.images * self.pixels()
    }

    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Whether dfdx can count what a convolution from and to so many channels makes of these maps, an image at a time.
    ///
    /// # Errors
    ///
    /// Where the patches of an image are too many, and where maps of the batch are: fewer images may do.
    pub fn countable(self, [inputs, outputs]: [usize; 2]) -> Result<(), NetError> {
        let Self { images, height, width } = self;
        let patches = self.pixels() * TAPS * inputs.max(outputs);
        match self.rows() * inputs.max(outputs) {
            _ if patches > COUNTABLE => Err(NetError::TooLarge { height, width }),
            maps if images > 1 && maps > COUNTABLE => Err(NetError::OutOfMemory),
            _ => Ok(()),
        }
    }

    /// The same maps of another number of images.
    pub fn with_images(self, images: usize) -> Self {
        Self { images, ..self }
    }

    /// The maps behind a pool.
    pub fn halved(self) -> Self {
        Self { images: self.images, height: self.height / 2, width: self.width / 2 }
    }
}

/// Rows on a device.
pub(super) type Table<D> = Tensor<(usize,), usize, D>;

/// Tables that were needed so far.
pub(super) struct Taps<D: Device<f32>>(Mutex<BTreeMap<Extent, Table<D>>>);

impl<D: Device<f32>> Taps<D> {
    pub fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The nine rows that each pixel's 3x3 window reads, window after window; beyond the edge, the row after the last.
    pub fn of_windows(&self, device: &D, extent: Extent) -> Result<Table<D>, D::Err> {
        let mut tables = lock(&self.0);
        if let Some(table) = tables.get(&extent) {
            return Ok(table.clone());
        }
        let rows = windows(extent);
        let length = rows.len();
        let table = device.try_tensor_from_vec(rows, (length,))?;
        tables.insert(extent, table.clone());
        Ok(table)
    }
}

fn windows(extent: Extent) -> Vec<usize> {
    let Extent { images, height, width } = extent;
    let beyond = extent.rows();
    let mut rows = Vec::with_capacity(9 * beyond);
    for image in 0..images {
        for pixel in 0..height * width {
            let (y, x) = (pixel / width, pixel % width);
            for tap in 0..9 {
                // Shifted by one, so that the pixel above the first is 0 and not negative.
                let (y, x) = (y + tap / 3, x + tap % 3);
                let inside = (1..=height).contains(&y) && (1..=width).contains(&x);
                rows.push(if inside { (image * height + y - 1) * width + x - 1 } else { beyond });
            }
        }
    }
    rows
}

/// The rows of each 2x2 window's four pixels, in row-major order: a table a pixel.
pub(super) fn pool_windows(extent: Extent) -> [Vec<usize>; 4] {
    let out = extent.halved();
    let of_corner = |down: usize, right: usize| {
        let row = |index: usize| {
            let (image, pixel) = (index / out.pixels(), index % out.pixels());
            let (y, x) = (2 * (pixel / out.width) + down, 2 * (pixel % out.width) + right);
            (image * extent.height + y) * extent.width + x
        };
        (0..out.rows()).map(row).collect()
    };
    [of_corner(0, 0), of_corner(0, 1), of_corner(1, 0), of_corner(1, 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_in_the_corner_reads_four_pixels_and_five_rows_of_zeros() {
        let table = windows(Extent { images: 2, height: 2, width: 3 });
        let z = 12;
        assert_eq!(table.len(), 9 * 12);
        assert_eq!(table[..9], [z, z, z, z, 0, 1, z, 3, 4]);
        assert_eq!(table[9..18], [z, z, z, 0, 1, 2, 3, 4, 5]);
        assert_eq!(table[99..], [7, 8, z, 10, 11, z, z, z, z]);
    }

    #[test]
    fn images_are_refused_whose_patches_are_more_than_can_be_counted_and_batches_of_large_maps_split() {
        let countable = |images, side| Extent { images, height: side, width: side }.countable([64, 64]);
        assert!(countable(1, 2730).is_ok());
        assert!(matches!(countable(1, 2731), Err(NetError::TooLarge { height: 2731, width: 2731 })));
        assert!(countable(9, 2730).is_ok());
        assert!(matches!(countable(10, 2730), Err(NetError::OutOfMemory)));
    }

    #[test]
    fn a_pool_leaves_out_an_odd_last_row_and_column() {
        let [a, b, c, d] = pool_windows(Extent { images: 2, height: 3, width: 5 });
        assert_eq!(a, [0, 2, 15, 17]);
        assert_eq!(b, [1, 3, 16, 18]);
        assert_eq!(c, [5, 7, 20, 22]);
        assert_eq!(d, [6, 8, 21, 23]);
    }
}
