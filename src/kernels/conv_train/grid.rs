//! Where a batch's tiles lie, and how the arrays of the Winograd domain are laid out.

use super::Conv3x3;
use super::maps::{FREQUENCIES, OUTPUTS};
use crate::kernels::lanes::LANES;

/// The tiles of a batch, in order of image, row and column. Each tile depends on its place in its own image alone, so
/// the batch an image is in changes none of its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    pub height: usize,
    pub width: usize,
    rows: usize,
    columns: usize,
    /// Tiles of the whole batch.
    pub tiles: usize,
    /// Groups of sixteen tiles; those that fill up the last are zero.
    pub groups: usize,
}

/// Where a tile's nine outputs begin; its inputs begin one pixel above and to the left.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub image: usize,
    pub row: usize,
    pub column: usize,
}

impl Grid {
    pub fn new(layer: &Conv3x3) -> Self {
        let Conv3x3 { batch, height, width, .. } = *layer;
        let (rows, columns) = (height.div_ceil(OUTPUTS), width.div_ceil(OUTPUTS));
        let tiles = batch * rows * columns;
        Self { height, width, rows, columns, tiles, groups: tiles.div_ceil(LANES) }
    }

    /// Tiles of one image.
    pub fn of_image(&self) -> usize {
        self.rows * self.columns
    }

    /// Where the next tile lies. The first one's place is the default.
    #[inline(always)]
    pub fn after(&self, Place { image, row, column }: Place) -> Place {
        if column + OUTPUTS < self.width {
            Place { image, row, column: column + OUTPUTS }
        } else if row + OUTPUTS < self.height {
            Place { image, row: row + OUTPUTS, column: 0 }
        } else {
            Place { image: image + 1, row: 0, column: 0 }
        }
    }

    /// Rows and columns that an image's tiles read: its own with a border of one pixel, and as many more as fill up the
    /// last tiles.
    pub fn read(&self) -> (usize, usize) {
        (self.rows * OUTPUTS + 2, self.columns * OUTPUTS + 2)
    }

    /// The tiles of a group that exist.
    pub fn of_group(&self, group: usize) -> std::ops::Range<usize> {
        group * LANES..self.tiles.min((group + 1) * LANES)
    }
}

/// An array of the Winograd domain: `[frequency][outer][inner][16]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Numbers from one frequency to the next: a few lines more than there are, so that the frequencies of one place do
    /// not all fall into the same set of a cache.
    pub frequency: usize,
    /// Numbers from one outer group to the next.
    pub outer: usize,
}

const PADDING: usize = 5 * LANES;

impl Layout {
    pub fn new(outer: usize, inner: usize) -> Self {
        Self { frequency: outer * inner * LANES + PADDING, outer: inner * LANES }
    }

    /// Numbers of the whole array.
    pub fn len(&self) -> usize {
        FREQUENCIES * self.frequency
    }

    pub fn at(&self, frequency: usize, outer: usize, inner: usize) -> usize {
        frequency * self.frequency + outer * self.outer + inner * LANES
    }
}
