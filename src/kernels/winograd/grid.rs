//! How a layer's outputs are covered with tiles, and which points they use. It follows from the layer's own geometry
//! alone, never from the batch, the threads or the rest of the network: so the bits do too.

use super::points::{Five, Four, Points, Six, Three};

/// A set of points, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// F(6x6) and F(4x4).
    Six,
    /// F(5x5) and F(4x4).
    Five,
    /// F(4x4) and F(2x2).
    Four,
    /// F(3x3).
    Three,
}

impl Family {
    /// Outputs along an edge of its large and its small tiles.
    pub fn edges(self) -> (usize, usize) {
        match self {
            Family::Six => (6, 4),
            Family::Five => (5, 4),
            Family::Four => (4, 2),
            Family::Three => (3, 3),
        }
    }

    /// Points along an edge of its large tiles.
    pub fn points(self) -> usize {
        self.edges().0 + 2
    }

    /// Points along an edge of its small tiles: the first of the large ones'.
    pub fn shared(self) -> usize {
        self.edges().1 + 2
    }

    /// `p1, p2, p3`.
    pub fn pairs(self) -> [f64; 3] {
        match self {
            Family::Six => Six::PAIRS,
            Family::Five => Five::PAIRS,
            Family::Four => Four::PAIRS,
            Family::Three => Three::PAIRS,
        }
    }
}

/// One dimension of a layer cut into large tiles and, after them, small ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    edges: (usize, usize),
    large: usize,
    small: usize,
}

impl Axis {
    /// The cut of `length` outputs with the fewest points; of equals that with the fewest tiles.
    pub fn cut(length: usize, edges: (usize, usize)) -> Self {
        let candidates = (0..=length.div_ceil(edges.0)).map(|large| {
            let rest = length.saturating_sub(large * edges.0);
            Self { edges, large, small: rest.div_ceil(edges.1) }
        });
        candidates.min_by_key(|axis| (axis.points(), axis.tiles())).expect("the range is never empty")
    }

    /// Tiles along the axis.
    pub fn tiles(&self) -> usize {
        self.large + self.small
    }

    /// Points along the axis, all tiles together: what the products cost.
    pub fn points(&self) -> usize {
        self.covered() + 2 * self.tiles()
    }

    /// Outputs that are covered, at least the length that was asked for.
    pub fn covered(&self) -> usize {
        self.large * self.edges.0 + self.small * self.edges.1
    }

    /// The first output of a tile, and its points.
    pub fn tile(&self, index: usize) -> (usize, usize) {
        if index < self.large {
            (index * self.edges.0, self.edges.0 + 2)
        } else {
            (self.large * self.edges.0 + (index - self.large) * self.edges.1, self.edges.1 + 2)
        }
    }
}

/// The cover of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The points.
    pub family: Family,
    /// The cut of the height.
    pub rows: Axis,
    /// The cut of the width.
    pub columns: Axis,
}

/// One tile of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// The image, counted in the group that is being run.
    pub image: usize,
    /// The first row and the first column of its outputs.
    pub at: (usize, usize),
    /// Its points along the height and along the width.
    pub points: (usize, usize),
}

/// How many tiles an item has of each shape, in the order in which they come: large by small (height by width), large
/// by large, small by large, small by small. In this order the tiles that use a frequency are always neighbours.
pub type Shapes = [usize; 4];

impl Grid {
    /// The cover of height x width outputs with a family's tiles.
    pub fn cut(family: Family, size: (usize, usize)) -> Self {
        Self { family, rows: Axis::cut(size.0, family.edges()), columns: Axis::cut(size.1, family.edges()) }
    }

    /// Tiles of one image.
    pub fn tiles(&self) -> usize {
        self.rows.tiles() * self.columns.tiles()
    }

    /// Points of one image.
    pub fn points(&self) -> usize {
        self.rows.points() * self.columns.points()
    }

    /// Collects a range of all images' tiles (image by image, row by row), sorted by shape.
    pub fn collect(&self, range: std::ops::Range<usize>, tiles: &mut Vec<Tile>) -> Shapes {
        tiles.clear();
        let large = self.family.points();
        let mut shapes = [0; 4];
        for (count, wanted) in shapes.iter_mut().zip([(true, false), (true, true), (false, true), (false, false)]) {
            let before = tiles.len();
            tiles.extend(
                range
                    .clone()
                    .map(|index| self.tile(index))
                    .filter(|tile| (tile.points.0 == large, tile.points.1 == large) == wanted),
            );
            *count = tiles.len() - before;
        }
        shapes
    }

    fn tile(&self, index: usize) -> Tile {
        let (image, within) = (index / self.tiles(), index % self.tiles());
        let (y, height) = self.rows.tile(within / self.columns.tiles());
        let (x, width) = self.columns.tile(within % self.columns.tiles());
        Tile { image, at: (y, x), points: (height, width) }
    }
}

/// The tiles, by their places in the item, that use frequency (i, j) of a family.
pub fn users(family: Family, shapes: Shapes, (i, j): (usize, usize)) -> std::ops::Range<usize> {
    let [tall, square, wide, small] = shapes;
    let (only_tall, only_wide) = (i >= family.shared(), j >= family.shared());
    match (only_tall, only_wide) {
        (false, false) => 0..tall + square + wide + small,
        (true, false) => 0..tall + square,
        (false, true) => tall..tall + square + wide,
        (true, true) => tall..tall + square,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILIES: [Family; 4] = [Family::Six, Family::Five, Family::Four, Family::Three];

    #[test]
    fn small_tiles_take_the_edge_where_that_saves_points() {
        let cut = |length, family: Family| Axis::cut(length, family.edges());
        assert_eq!(cut(150, Family::Six).points(), 200);
        assert_eq!(cut(37, Family::Six).points(), 52);
        assert_eq!(cut(28, Family::Six).points(), 38);
        assert_eq!(cut(14, Family::Six).points(), 20);
        assert_eq!(cut(9, Family::Five).points(), 13);
        assert_eq!(cut(8, Family::Four).tiles(), 2);
    }

    #[test]
    fn every_output_is_covered_once() {
        for family in FAMILIES {
            for length in 1..100 {
                let axis = Axis::cut(length, family.edges());
                let mut next = 0;
                for (start, points) in (0..axis.tiles()).map(|index| axis.tile(index)) {
                    assert_eq!(start, next, "{family:?} {length}");
                    next = start + points - 2;
                }
                assert!(next >= length && next == axis.covered(), "{family:?} {length}");
            }
        }
    }

    #[test]
    fn the_users_of_a_frequency_are_the_tiles_that_have_it() {
        for family in FAMILIES {
            let grid = Grid::cut(family, (37, 15));
            let mut tiles = Vec::new();
            let shapes = grid.collect(3..2 * grid.tiles(), &mut tiles);
            for i in 0..family.points() {
                for j in 0..family.points() {
                    let expected = |tile: &Tile| i < tile.points.0 && j < tile.points.1;
                    let found = users(family, shapes, (i, j));
                    for (place, tile) in tiles.iter().enumerate() {
                        assert_eq!(found.contains(&place), expected(tile), "{family:?} {i} {j} {tile:?}");
                    }
                }
            }
        }
    }
}
