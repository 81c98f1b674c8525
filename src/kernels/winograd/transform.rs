//! The transforms of inputs and outputs, one tile and sixteen channels at a time.
//!
//! Both are separable: first along the columns of a tile, then along its rows, each pass by the tables of
//! [`super::points`]. The tables are constants and the passes straight-line code, so a coefficient of zero costs
//! nothing and one of one costs an addition; the pair `p, -p` shares its even and its odd part.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::points::{self, LARGEST, Points};
use crate::kernels::lanes::Lanes;

/// A row, or a column, of up to eight vectors.
pub type Vectors<L> = [L; LARGEST];

type Table = [[f32; LARGEST]; LARGEST];

/// Repeats a block for k = 0..8 as straight-line code.
macro_rules! unrolled {
    ($k:ident, $body:block) => {{
        {
            const $k: usize = 0;
            $body
        }
        {
            const $k: usize = 1;
            $body
        }
        {
            const $k: usize = 2;
            $body
        }
        {
            const $k: usize = 3;
            $body
        }
        {
            const $k: usize = 4;
            $body
        }
        {
            const $k: usize = 5;
            $body
        }
        {
            const $k: usize = 6;
            $body
        }
        {
            const $k: usize = 7;
            $body
        }
    }};
}
pub(super) use unrolled;

/// The constants of the tile with `N` points.
struct Tables<P, const N: usize>(PhantomData<P>);

impl<P: Points, const N: usize> Tables<P, N> {
    const INPUT: Table = points::input(P::PAIRS, P::LARGEST, N);
    const INPUT_EVEN: Table = halves(Self::INPUT, 0);
    const INPUT_ODD: Table = halves(Self::INPUT, 1);
    const PAIRED: [bool; LARGEST] = paired(Self::INPUT, N);
    const OUTPUT: Table = folded(points::output(P::PAIRS, N), N);
}

/// Every coefficient whose column has the parity, the others zero.
const fn halves(mut table: Table, parity: usize) -> Table {
    let mut at = 0;
    while at < LARGEST * LARGEST {
        if at % 2 != parity {
            table[at / LARGEST][at % LARGEST] = 0.0;
        }
        at += 1;
    }
    table
}

/// Whether row i (always an even one) and row i + 1 belong to p and -p and are `even + odd` and `even - odd`.
const fn paired(table: Table, n: usize) -> [bool; LARGEST] {
    let mut result = [false; LARGEST];
    let mut i = 2;
    while i + 1 < n {
        let mut same = true;
        let mut k = 0;
        while k < LARGEST {
            let mirrored = if k % 2 == 0 { table[i][k] } else { -table[i][k] };
            same = same && table[i + 1][k] == mirrored;
            k += 1;
        }
        result[i] = same;
        i += 2;
    }
    result
}

/// The output table for sums and differences of pairs: what belongs to -p is already in them.
const fn folded(mut table: Table, n: usize) -> Table {
    let mut row = 0;
    while row < LARGEST {
        let mut i = 3;
        while i < n {
            table[row][i] = 0.0;
            i += 2;
        }
        row += 1;
    }
    table
}

/// The sum of `coefficients[k] * x[k]`, from the last to the first, without those that are zero.
#[inline(always)]
unsafe fn combine<L: Lanes>(coefficients: &[f32; LARGEST], x: &Vectors<L>) -> L {
    let mut sum: Option<L> = None;
    unrolled!(BACK, {
        const K: usize = LARGEST - 1 - BACK;
        let (c, x) = (coefficients[K], x[K]);
        if c != 0.0 {
            // SAFETY: the caller has the instruction set.
            sum = Some(unsafe {
                match sum {
                    None if c == 1.0 => x,
                    None => x.mul(L::splat(c)),
                    Some(sum) if c == 1.0 => sum.add(x),
                    Some(sum) if c == -1.0 => sum.sub(x),
                    Some(sum) => x.fma(L::splat(c), sum),
                }
            });
        }
    });
    // SAFETY: the caller has the instruction set.
    sum.unwrap_or(unsafe { L::splat(0.0) })
}

/// `B^T x` for the tile with `N` points; the entries from `N` on mean nothing.
///
/// # Safety
/// The instruction set of `L` must be available.
#[inline(always)]
pub unsafe fn input<L: Lanes, P: Points, const N: usize>(x: &Vectors<L>) -> Vectors<L> {
    let mut out = *x;
    // SAFETY: the caller has the instruction set.
    unsafe {
        unrolled!(I, {
            if Tables::<P, N>::PAIRED[I] {
                let even = combine(&Tables::<P, N>::INPUT_EVEN[I], x);
                let odd = combine(&Tables::<P, N>::INPUT_ODD[I], x);
                out[I] = even.add(odd);
                out[(I + 1) % LARGEST] = even.sub(odd);
            } else if I < N && !Tables::<P, N>::PAIRED[(I + LARGEST - 1) % LARGEST] {
                out[I] = combine(&Tables::<P, N>::INPUT[I], x);
            }
        });
    }
    out
}

/// `A^T x` for the tile with `N` points; the entries from `N - 2` on mean nothing.
///
/// # Safety
/// The instruction set of `L` must be available.
#[inline(always)]
pub unsafe fn output<L: Lanes, P: Points, const N: usize>(x: &Vectors<L>) -> Vectors<L> {
    let (mut sums, mut differences, mut out) = (*x, *x, *x);
    // SAFETY: the caller has the instruction set.
    unsafe {
        unrolled!(I, {
            if matches!(I, 2 | 4 | 6) && I + 1 < N {
                sums[I] = x[I].add(x[(I + 1) % LARGEST]);
                differences[I] = x[I].sub(x[(I + 1) % LARGEST]);
            }
        });
        unrolled!(K, {
            if K + 2 < N {
                let terms = if K.is_multiple_of(2) { &sums } else { &differences };
                out[K] = combine(&Tables::<P, N>::OUTPUT[K], terms);
            }
        });
    }
    out
}

/// A whole tile between the two passes.
pub type Half<L> = [[MaybeUninit<L>; LARGEST]; LARGEST];

/// An empty [`Half`].
#[inline(always)]
pub fn half<L: Lanes>() -> Half<L> {
    [[const { MaybeUninit::uninit() }; LARGEST]; LARGEST]
}
