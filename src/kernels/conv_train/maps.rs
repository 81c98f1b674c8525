//! The linear maps of F(3x3, 3x3), and their transposes.
//!
//! With the matrices A, B and G of [`crate::kernels::winograd::points`], a tile's output is
//! `A^T ((G g G^T) . (B^T d B)) A`. Every factor is linear in one thing, so a gradient goes back through the transposed
//! maps: by the products it is `M = A dy A^T`, by the data `B (U . M) B^T`, by the filter `G^T (V . M) G`, where
//! `U = G g G^T` and `V = B^T d B` are those of the forward pass. So M is made once for both gradients, V is kept from
//! the forward pass, and U serves both directions: no weights are turned and transformed a second time.

use crate::kernels::lanes::Lanes;
use crate::kernels::winograd::points::{self, Points, Three};

/// Rows and columns of outputs in a tile.
pub(super) const OUTPUTS: usize = 3;
/// Rows and columns of inputs to a tile, and of its products.
pub(super) const POINTS: usize = 5;
/// Products of a tile: the frequencies.
pub(super) const FREQUENCIES: usize = POINTS * POINTS;

type Table = [[f32; POINTS]; POINTS];

/// A map of columns by a matrix; rows and columns that it does not have are zero.
pub(super) trait Map {
    const TABLE: Table;
}

/// B^T: data to V.
pub(super) struct Data;
/// B: gradient by V to gradient by data.
pub(super) struct DataBack;
/// A^T: products to outputs.
pub(super) struct Outputs;
/// A: gradient by outputs to gradient by products.
pub(super) struct OutputsBack;
/// G: filter to U.
pub(super) struct Filter;
/// G^T: gradient by U to gradient by filter.
pub(super) struct FilterBack;

impl Map for Data {
    const TABLE: Table = corner(points::input(Three::PAIRS, POINTS, POINTS));
}

impl Map for DataBack {
    const TABLE: Table = transposed(Data::TABLE);
}

impl Map for Outputs {
    const TABLE: Table = corner(points::output(Three::PAIRS, POINTS));
}

impl Map for OutputsBack {
    const TABLE: Table = transposed(Outputs::TABLE);
}

impl Map for Filter {
    const TABLE: Table = filter();
}

impl Map for FilterBack {
    const TABLE: Table = transposed(Filter::TABLE);
}

const fn corner(table: [[f32; points::LARGEST]; points::LARGEST]) -> Table {
    let mut result = [[0.0; POINTS]; POINTS];
    let mut at = 0;
    while at < FREQUENCIES {
        result[at / POINTS][at % POINTS] = table[at / POINTS][at % POINTS];
        at += 1;
    }
    result
}

const fn filter() -> Table {
    let table = points::weights(Three::PAIRS, POINTS);
    let mut result = [[0.0; POINTS]; POINTS];
    let mut at = 0;
    while at < POINTS * 3 {
        result[at / 3][at % 3] = table[at / 3][at % 3] as f32;
        at += 1;
    }
    result
}

const fn transposed(table: Table) -> Table {
    let mut result = [[0.0; POINTS]; POINTS];
    let mut at = 0;
    while at < FREQUENCIES {
        result[at % POINTS][at / POINTS] = table[at / POINTS][at % POINTS];
        at += 1;
    }
    result
}

/// A tile of vectors, row by row.
pub(super) type Tile<L> = [[L; POINTS]; POINTS];

/// `T x T^T` for the map's table T.
///
/// # Safety
///
/// The contract of [`Lanes`].
#[inline(always)]
pub(super) unsafe fn square<L: Lanes, M: Map>(x: Tile<L>) -> Tile<L> {
    // SAFETY: the caller has the instruction set.
    unsafe { each::<L, M>(turned(each::<L, M>(turned(x)))) }
}

/// The map of each row.
#[inline(always)]
unsafe fn each<L: Lanes, M: Map>(x: Tile<L>) -> Tile<L> {
    // SAFETY: the caller has the instruction set.
    unsafe { [line::<L, M>(&x[0]), line::<L, M>(&x[1]), line::<L, M>(&x[2]), line::<L, M>(&x[3]), line::<L, M>(&x[4])] }
}

#[inline(always)]
unsafe fn line<L: Lanes, M: Map>(x: &[L; POINTS]) -> [L; POINTS] {
    // SAFETY: the caller has the instruction set.
    unsafe { [dot::<L, M, 0>(x), dot::<L, M, 1>(x), dot::<L, M, 2>(x), dot::<L, M, 3>(x), dot::<L, M, 4>(x)] }
}

/// One row of the table times a line; what is zero in the table costs nothing.
#[inline(always)]
unsafe fn dot<L: Lanes, M: Map, const ROW: usize>(x: &[L; POINTS]) -> L {
    // SAFETY: the caller has the instruction set.
    unsafe {
        let mut sum = None;
        for k in 0..POINTS {
            let c = M::TABLE[ROW][k];
            if c != 0.0 {
                sum = Some(match sum {
                    None if c == 1.0 => x[k],
                    None => x[k].mul(L::splat(c)),
                    Some(sum) if c == 1.0 => x[k].add(sum),
                    Some(sum) => x[k].fma(L::splat(c), sum),
                });
            }
        }
        match sum {
            Some(sum) => sum,
            None => L::splat(0.0),
        }
    }
}

#[inline(always)]
fn turned<L: Copy>(x: Tile<L>) -> Tile<L> {
    let mut result = x;
    for i in 0..POINTS {
        for j in 0..POINTS {
            result[i][j] = x[j][i];
        }
    }
    result
}
