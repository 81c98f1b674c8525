//! The two inner loops that all trained layers share.
//!
//! [`outer`] accumulates outer products: rows of scalars times vectors, `c[m][n] = sum_k a[m, k] b[k][n]`, in order of
//! k. [`dot`] accumulates dot products of rows: lane l of an element sums the k that are l modulo 16, in order; the
//! lanes are added up at the end by [`lanes::sum`](super::lanes::sum). Both orders depend on nothing but k's extent.

use super::lanes::{LANES, Lanes};

/// A matrix read element by element: element (m, k) lies at `at + m row + k step`.
#[derive(Clone, Copy)]
pub(crate) struct Scalars {
    pub at: *const f32,
    pub row: usize,
    pub step: usize,
}

/// A matrix read sixteen columns at a time: row k starts at `at + k step`.
#[derive(Clone, Copy)]
pub(crate) struct Vectors {
    pub at: *const f32,
    pub step: usize,
}

/// `c[m][v] = sum_k a[m, k] b[k][16 v ..]` for M rows and N vectors of columns.
///
/// # Safety
///
/// The contract of [`Lanes`]; `a` holds M x `depth` elements and `b` `depth` rows of 16 N.
#[inline(always)]
pub(crate) unsafe fn outer<L: Lanes, const M: usize, const N: usize>(
    a: Scalars,
    b: Vectors,
    depth: usize,
) -> [[L; N]; M] {
    // SAFETY: all reads lie in the matrices that the caller vouches for.
    unsafe {
        let mut c = [[L::splat(0.0); N]; M];
        let (mut pa, mut pb) = (a.at, b.at);
        for _ in 0..depth {
            let mut columns = [L::splat(0.0); N];
            for n in 0..N {
                columns[n] = L::load(pb.add(n * LANES));
            }
            for m in 0..M {
                let scalar = L::splat(*pa.add(m * a.row));
                for n in 0..N {
                    c[m][n] = scalar.fma(columns[n], c[m][n]);
                }
            }
            pa = pa.wrapping_add(a.step);
            pb = pb.wrapping_add(b.step);
        }
        c
    }
}

/// Adds to `c[m][n]` the products of `vectors` x 16 elements of row m of `a` and row n of `b`, lane by lane.
///
/// # Safety
///
/// The contract of [`Lanes`]; `a` holds M rows `a_row` apart, `b` N rows `b_row` apart, each of 16 `vectors` elements.
#[inline(always)]
pub(crate) unsafe fn dot<L: Lanes, const M: usize, const N: usize>(
    a: Vectors,
    b: Vectors,
    vectors: usize,
    c: &mut [[L; N]; M],
) {
    // SAFETY: all reads lie in the rows that the caller vouches for.
    unsafe {
        for v in 0..vectors {
            let mut rows = [L::splat(0.0); N];
            for n in 0..N {
                rows[n] = L::load(b.at.add(n * b.step + v * LANES));
            }
            for m in 0..M {
                let values = L::load(a.at.add(m * a.step + v * LANES));
                for n in 0..N {
                    c[m][n] = values.fma(rows[n], c[m][n]);
                }
            }
        }
    }
}

/// [`outer`] for one row of scalars and at most sixteen columns; the lanes beyond `columns` are zero.
///
/// # Safety
///
/// The contract of [`Lanes`]; `a` holds `depth` elements and `b` `depth` rows of `columns`.
#[inline(always)]
pub(crate) unsafe fn outer_part<L: Lanes>(a: Scalars, b: Vectors, depth: usize, columns: usize) -> L {
    // SAFETY: all reads lie in the matrices that the caller vouches for.
    unsafe {
        let mut c = L::splat(0.0);
        for k in 0..depth {
            c = L::splat(*a.at.add(k * a.step)).fma(L::load_part(b.at.add(k * b.step), columns), c);
        }
        c
    }
}

/// Takes a result piece by piece. (Not a closure: those are compiled without the lanes' instructions.)
pub(crate) trait Pieces {
    /// Some values of a row, from a column on.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`].
    unsafe fn take<L: Lanes>(&self, row: usize, column: usize, values: &[f32]);

    /// Says that so many values of a row will soon be taken.
    ///
    /// # Safety
    ///
    /// The contract of [`Lanes`].
    unsafe fn expect<L: Lanes>(&self, row: usize, column: usize, count: usize);
}

/// [`outer`] for rows of any length: hands out each piece of the result.
///
/// # Safety
///
/// The contract of [`Lanes`]; `a` holds M x `depth` elements and `b` `depth` rows of `columns`.
#[inline(always)]
pub(crate) unsafe fn outer_rows<L: Lanes, const M: usize, const N: usize>(
    a: Scalars,
    b: Vectors,
    depth: usize,
    columns: usize,
    pieces: &impl Pieces,
) {
    let mut first = 0;
    // SAFETY: `first` plus what is read never passes `columns`; the rest is the caller's promise.
    unsafe {
        while columns - first >= N * LANES {
            for m in 0..M {
                pieces.expect::<L>(m, first, N * LANES);
            }
            let c = outer::<L, M, N>(a, b.shifted(first), depth);
            let mut buffer = [[0.0f32; LANES]; N];
            for m in 0..M {
                for n in 0..N {
                    c[m][n].store(buffer[n].as_mut_ptr());
                }
                pieces.take::<L>(m, first, buffer.as_flattened());
            }
            first += N * LANES;
        }
        while first < columns {
            let count = LANES.min(columns - first);
            for m in 0..M {
                let mut buffer = [0.0f32; LANES];
                outer_part::<L>(a.below(m), b.shifted(first), depth, count).store(buffer.as_mut_ptr());
                pieces.take::<L>(m, first, &buffer[..count]);
            }
            first += count;
        }
    }
}

impl Scalars {
    /// The matrix without its first `rows` rows.
    #[inline(always)]
    pub(crate) fn below(self, rows: usize) -> Self {
        Self { at: self.at.wrapping_add(rows * self.row), ..self }
    }
}

impl Vectors {
    /// The matrix without its first `rows` rows.
    #[inline(always)]
    pub(crate) fn below(self, rows: usize) -> Self {
        Self { at: self.at.wrapping_add(rows * self.step), ..self }
    }

    /// The matrix without its first `columns` columns.
    #[inline(always)]
    pub(crate) fn shifted(self, columns: usize) -> Self {
        Self { at: self.at.wrapping_add(columns), ..self }
    }
}
