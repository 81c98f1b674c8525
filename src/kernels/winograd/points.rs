//! Interpolation points, and the matrices that follow from them.
//!
//! F(m x m, 3 x 3) computes m x m outputs from n x n inputs, n = m + 2, as `A^T ((G g G^T) . (B^T d B)) A`
//! (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015; the matrices are Toom and Cook's).
//! A row of `G` and of `B^T`, and a column of `A^T`, belong to one point. Ours come in the order
//! `infinity, 0, p1, -p1, p2, -p2, p3, -p3`, and a smaller tile uses the first n of them. Since a row of `G` is scaled
//! by the *largest* tile's constant, and the smaller tiles make up for it in `B^T`, tiles of several sizes share
//! one set of transformed weights; so a layer is covered by large tiles and, at its edge, small ones.
//!
//! Everything here is evaluated when compiling, in f64.

/// Points of the largest tile, and so the size of every table.
pub const LARGEST: usize = 8;

/// A choice of points.
pub trait Points {
    /// `p1, p2, p3`.
    const PAIRS: [f64; 3];
    /// n of the largest tile that is used with these points.
    const LARGEST: usize;
}

/// F(6x6), with F(4x4) at the edges.
pub struct Six;

impl Points for Six {
    const PAIRS: [f64; 3] = [0.5, 2.0, 1.0];
    const LARGEST: usize = 8;
}

/// F(5x5) and F(4x4).
pub struct Five;

impl Points for Five {
    const PAIRS: [f64; 3] = [0.55, 1.1, -2.5];
    const LARGEST: usize = 7;
}

/// F(4x4), with F(2x2) at the edges: half the error of the usual 1, 2.
pub struct Four;

impl Points for Four {
    const PAIRS: [f64; 3] = [0.6, 1.5, 0.0];
    const LARGEST: usize = 6;
}

/// F(3x3); the lone point is negative: half the error of a positive one.
pub struct Three;

impl Points for Three {
    const PAIRS: [f64; 3] = [0.8, -1.6, 0.0];
    const LARGEST: usize = 5;
}

/// The finite points in order: the one at index 0 of all points is infinity, which has no number.
pub const fn finite(pairs: [f64; 3]) -> [f64; LARGEST - 1] {
    [0.0, pairs[0], -pairs[0], pairs[1], -pairs[1], pairs[2], -pairs[2]]
}

/// The product of the differences of finite point `i` to the other finite points of a tile with `n` points.
const fn spread(pairs: [f64; 3], n: usize, i: usize) -> f64 {
    let points = finite(pairs);
    let (mut product, mut j) = (1.0, 0);
    while j < n - 1 {
        if j != i {
            product *= points[i] - points[j];
        }
        j += 1;
    }
    product
}

/// `G`: rows of points, three columns; only the first `largest` rows mean anything.
pub const fn weights(pairs: [f64; 3], largest: usize) -> [[f64; 3]; LARGEST] {
    let points = finite(pairs);
    let mut g = [[0.0; 3]; LARGEST];
    g[0] = [0.0, 0.0, 1.0];
    let mut i = 0;
    while i < largest - 1 {
        let scale = 1.0 / spread(pairs, largest, i);
        g[i + 1] = [scale, points[i] * scale, points[i] * points[i] * scale];
        i += 1;
    }
    g
}

/// `B^T` of a tile with `n` points: rows of points, columns of inputs.
///
/// The row of a finite point holds the coefficients of the product of `x - q` over the other finite points, the row
/// of infinity those of the product over all of them.
pub const fn input(pairs: [f64; 3], largest: usize, n: usize) -> [[f32; LARGEST]; LARGEST] {
    let points = finite(pairs);
    let mut table = [[0.0f32; LARGEST]; LARGEST];
    let mut row = 0;
    while row < n {
        let scale = if row == 0 { 1.0 } else { spread(pairs, largest, row - 1) / spread(pairs, n, row - 1) };
        let mut polynomial = [0.0; LARGEST];
        polynomial[0] = 1.0;
        let mut j = 0;
        while j < n - 1 {
            if j + 1 != row {
                let mut k = LARGEST - 1;
                while k > 0 {
                    polynomial[k] = polynomial[k - 1] - points[j] * polynomial[k];
                    k -= 1;
                }
                polynomial[0] *= -points[j];
            }
            j += 1;
        }
        let mut k = 0;
        while k < n {
            // Without -0.0, which would not be recognised as nothing to add.
            table[row][k] = if polynomial[k] == 0.0 { 0.0 } else { (polynomial[k] * scale) as f32 };
            k += 1;
        }
        row += 1;
    }
    table
}

/// `A^T` of a tile with `n` points: rows of outputs, columns of points.
pub const fn output(pairs: [f64; 3], n: usize) -> [[f32; LARGEST]; LARGEST] {
    let points = finite(pairs);
    let mut table = [[0.0f32; LARGEST]; LARGEST];
    let m = n - 2;
    table[m - 1][0] = 1.0;
    let mut i = 0;
    while i < n - 1 {
        let (mut power, mut k) = (1.0, 0);
        while k < m {
            table[k][i + 1] = power as f32;
            power *= points[i];
            k += 1;
        }
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One-dimensional F(m, 3) by the tables against its definition.
    fn error<P: Points>(n: usize) -> f64 {
        let (g, b, a) = (weights(P::PAIRS, P::LARGEST), input(P::PAIRS, P::LARGEST, n), output(P::PAIRS, n));
        let filter = [0.3, -1.1, 0.7];
        let data = [0.9, -0.4, 1.3, 0.2, -0.8, 0.5, 1.1, -0.6];
        let product: Vec<f64> = (0..n)
            .map(|i| {
                let weight: f64 = (0..3).map(|k| g[i][k] * filter[k]).sum();
                weight * (0..n).map(|k| f64::from(b[i][k]) * data[k]).sum::<f64>()
            })
            .collect();
        let difference = |m: usize| {
            let fast: f64 = (0..n).map(|i| f64::from(a[m][i]) * product[i]).sum();
            let slow: f64 = (0..3).map(|k| filter[k] * data[m + k]).sum();
            (fast - slow).abs()
        };
        (0..n - 2).map(difference).fold(0.0, f64::max)
    }

    #[test]
    fn every_tile_size_computes_the_convolution() {
        // The tables are rounded to f32; the largest sums are about 10.
        let tolerance = 2e-5;
        for n in 4..=8 {
            assert!(error::<Six>(n) < tolerance, "six {n}: {}", error::<Six>(n));
        }
        for n in 4..=7 {
            assert!(error::<Five>(n) < tolerance, "five {n}: {}", error::<Five>(n));
        }
        for n in 4..=6 {
            assert!(error::<Four>(n) < tolerance, "four {n}: {}", error::<Four>(n));
        }
        for n in 4..=5 {
            assert!(error::<Three>(n) < tolerance, "three {n}: {}", error::<Three>(n));
        }
    }
}
