//! Dense (fully connected) layers: forward, both gradients, and a gradient that goes straight into the optimiser.
//!
//! Weights stay in the plain `[outputs][inputs]` layout. Forward, sixteen lanes run along the inputs, so that weights
//! are read once, in order, from far away; the gradients are outer products with vectors along the inputs as well. At
//! batch 16 everything is bound by moving weights, so the update by [`Dense::update`] reads and writes them once.

use super::isa::Isa;
use super::lanes::{self, LANES, Lanes, Task};
use super::optimizer::{Parameter, Step, Target};
use super::product::{Pieces, Scalars, Vectors, dot, outer_rows};
use super::shared::Shared;
use rayon::prelude::*;

/// The sizes of a dense layer and of a batch that goes through it, and the instruction set to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Instruction set; it changes no bit of any result.
    pub isa: Isa,
    /// Samples.
    pub batch: usize,
    /// Values in, per sample.
    pub inputs: usize,
    /// Values out, per sample.
    pub outputs: usize,
}

impl Dense {
    /// y[n][o] = b[o] + sum_k x[n][k] w[o][k].
    ///
    /// Lane l sums the k that are l modulo 16, in order; then the lanes are added up pairwise, then the bias.
    pub fn forward(&self, x: &[f32], w: &[f32], b: &[f32], y: &mut [f32]) {
        self.check(x, w, y);
        assert_eq!(b.len(), self.outputs, "the dense bias is not one value per output");
        let y = Shared(y.as_mut_ptr());
        self.each_part(self.outputs, FORWARD_OUTPUTS, |outputs| {
            // SAFETY: lengths were checked; parts write disjoint outputs.
            unsafe { lanes::run(self.isa, Forward { dense: self, x, w, b, y, outputs }) }
        });
    }

    /// dx[n][k] = sum_o dy[n][o] w[o][k], in order of o. `dx` is overwritten.
    pub fn gradient_by_input(&self, dy: &[f32], w: &[f32], dx: &mut [f32]) {
        self.check(dx, w, dy);
        let dx = Shared(dx.as_mut_ptr());
        self.each_part(self.inputs, INPUTS_TO_A_TASK, |inputs| {
            // SAFETY: lengths were checked; parts write disjoint inputs.
            unsafe { lanes::run(self.isa, ByInput { dense: self, dy, w, dx, inputs }) }
        });
    }

    /// dw[o][k] = sum_n dy[n][o] x[n][k], in order of n. `dw` is overwritten.
    pub fn gradient_by_weights(&self, x: &[f32], dy: &[f32], dw: &mut [f32]) {
        self.check(x, dw, dy);
        self.by_weights(x, dy, &Target::store(dw));
    }

    /// db[o] = sum_n dy[n][o], in order of n. `db` is overwritten.
    pub fn gradient_by_bias(&self, dy: &[f32], db: &mut [f32]) {
        assert_eq!(dy.len(), self.batch * self.outputs, "the dense output gradient is not batch x outputs");
        assert_eq!(db.len(), self.outputs, "the dense bias gradient is not one value per output");
        db.fill(0.0);
        for dy in dy.chunks_exact(self.outputs) {
            db.iter_mut().zip(dy).for_each(|(db, dy)| *db += dy);
        }
    }

    /// [`Dense::gradient_by_weights`] and [`optimizer::update`](super::optimizer::update) in one pass that never stores
    /// the gradient. The same bits as both apart. Take the gradient by input first: it needs the weights as they were.
    pub fn update(&self, x: &[f32], dy: &[f32], step: &Step, parameter: Parameter<'_>) {
        self.check(x, parameter.weights, dy);
        self.by_weights(x, dy, &Target::update(step, parameter));
    }

    fn by_weights(&self, x: &[f32], dy: &[f32], target: &Target) {
        self.each_part(self.outputs, ROWS, |outputs| {
            // SAFETY: lengths were checked; parts take disjoint rows of weights.
            unsafe { lanes::run(self.isa, ByWeights { dense: self, x, dy, target, outputs }) }
        });
    }

    fn check(&self, x: &[f32], w: &[f32], y: &[f32]) {
        assert_eq!(x.len(), self.batch * self.inputs, "the dense input is not batch x inputs");
        assert_eq!(w.len(), self.outputs * self.inputs, "the dense weights are not outputs x inputs");
        assert_eq!(y.len(), self.batch * self.outputs, "the dense output is not batch x outputs");
    }

    /// Splits 0..`len` into ranges of `size` and hands them to the threads, if there is enough to do.
    fn each_part(&self, len: usize, size: usize, part: impl Fn(std::ops::Range<usize>) + Sync) {
        if self.batch * self.inputs * self.outputs < WORTH_THREADS {
            (0..len).step_by(size).for_each(|start| part(start..len.min(start + size)));
        } else {
            let parts = (0..len.div_ceil(size)).into_par_iter();
            parts.for_each(|index| part(index * size..len.min((index + 1) * size)));
        }
    }
}

/// Multiplications below which waking a thread costs more than it saves (some 10 us of one core).
const WORTH_THREADS: usize = 500_000;

/// Outputs to a forward task. The inputs' chunk is copied once for so many.
const FORWARD_OUTPUTS: usize = 16;
/// Samples that are worked on together.
const FORWARD_SAMPLES: usize = 16;
/// Inputs in a chunk: 16 samples of it are 16 KiB, half of a core's first cache. Rows of x lie a power of two apart and
/// would fall into the same few cache sets; the copy of the chunk does not.
const CHUNK: usize = 256;

struct Forward<'a> {
    dense: &'a Dense,
    x: &'a [f32],
    w: &'a [f32],
    b: &'a [f32],
    y: Shared<f32>,
    outputs: std::ops::Range<usize>,
}

/// A chunk of the inputs, and, where it does not end with a vector, of a tile's weights.
struct Copies {
    x: [[f32; CHUNK]; FORWARD_SAMPLES],
    w: [[f32; CHUNK]; TILE],
}

/// Sums by lane: [output][sample].
type Partial = [[[f32; LANES]; FORWARD_SAMPLES]; FORWARD_OUTPUTS];

impl Task for Forward<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let mut copies = Copies { x: [[0.0; CHUNK]; FORWARD_SAMPLES], w: [[0.0; CHUNK]; TILE] };
        for first in (0..self.dense.batch).step_by(FORWARD_SAMPLES) {
            let samples = first..self.dense.batch.min(first + FORWARD_SAMPLES);
            let mut partial: Partial = [[[0.0; LANES]; FORWARD_SAMPLES]; FORWARD_OUTPUTS];
            for from in (0..self.dense.inputs).step_by(CHUNK) {
                // SAFETY: the caller's promise.
                unsafe { self.chunk::<L>(samples.clone(), from, &mut copies, &mut partial) };
            }
            for (o, partial) in self.outputs.clone().zip(&partial) {
                for (n, lanes) in samples.clone().zip(partial) {
                    // SAFETY: n and o are within the batch and the outputs, and `y` is as long as both say.
                    unsafe { *self.y.get().add(n * self.dense.outputs + o) = lanes::sum(*lanes) + self.b[o] };
                }
            }
        }
    }
}

impl Forward<'_> {
    /// Adds one chunk's products. The chunk is padded with zeros to whole vectors.
    #[inline(always)]
    unsafe fn chunk<L: Lanes>(
        &self,
        samples: std::ops::Range<usize>,
        from: usize,
        copies: &mut Copies,
        partial: &mut Partial,
    ) {
        let Copies { x, w: padded } = copies;
        let inputs = self.dense.inputs;
        let count = CHUNK.min(inputs - from);
        let vectors = count.div_ceil(LANES);
        for (to, n) in x.iter_mut().zip(samples.clone()) {
            to[..count].copy_from_slice(&self.x[n * inputs + from..][..count]);
            to[count..vectors * LANES].fill(0.0);
        }
        for first in (0..self.outputs.len()).step_by(TILE) {
            let rows = TILE.min(self.outputs.len() - first);
            let mut w = Vectors { at: self.w[(self.outputs.start + first) * inputs + from..].as_ptr(), step: inputs };
            if !count.is_multiple_of(LANES) {
                for (row, to) in padded.iter_mut().enumerate().take(rows) {
                    let start = (self.outputs.start + first + row) * inputs + from;
                    to[..count].copy_from_slice(&self.w[start..][..count]);
                    to[count..vectors * LANES].fill(0.0);
                }
                w = Vectors { at: padded.as_ptr().cast(), step: CHUNK };
            }
            let partial = &mut partial[first..first + rows];
            // SAFETY: `w` has `rows` rows and `x` as many as there are samples, of whole vectors.
            unsafe { tiles::<L>(&x[..samples.len()], w, vectors, partial) };
        }
    }
}

/// Outputs, and samples, of a tile whose sums stay in registers.
const TILE: usize = 4;

#[inline(always)]
unsafe fn tiles<L: Lanes>(
    x: &[[f32; CHUNK]],
    w: Vectors,
    vectors: usize,
    partial: &mut [[[f32; LANES]; FORWARD_SAMPLES]],
) {
    let mut n = 0;
    // SAFETY: each tile lies within the rows that the caller vouches for.
    unsafe {
        while n < x.len() {
            let samples = Vectors { at: x[n].as_ptr(), step: CHUNK };
            if L::PANELS > 1 && partial.len() == TILE && x.len() - n >= TILE {
                tile::<L, TILE, TILE>(samples, w, vectors, n, partial);
                n += TILE;
            } else if x.len() - n >= 2 && partial.len().is_multiple_of(2) {
                for (pair, partial) in partial.chunks_exact_mut(2).enumerate() {
                    tile::<L, 2, 2>(samples, w.below(2 * pair), vectors, n, partial);
                }
                n += 2;
            } else {
                for (row, partial) in partial.chunks_exact_mut(1).enumerate() {
                    tile::<L, 1, 1>(samples, w.below(row), vectors, n, partial);
                }
                n += 1;
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<L: Lanes, const M: usize, const N: usize>(
    x: Vectors,
    w: Vectors,
    vectors: usize,
    sample: usize,
    partial: &mut [[[f32; LANES]; FORWARD_SAMPLES]],
) {
    // SAFETY: the caller vouches for M rows of `x` and N rows of `w`.
    unsafe {
        let mut c = [[L::splat(0.0); N]; M];
        for m in 0..M {
            for n in 0..N {
                c[m][n] = L::load(partial[n][sample + m].as_ptr());
            }
        }
        dot(x, w, vectors, &mut c);
        for m in 0..M {
            for n in 0..N {
                c[m][n].store(partial[n][sample + m].as_mut_ptr());
            }
        }
    }
}

/// Rows of a gradient tile.
const ROWS: usize = 6;

struct ByWeights<'a> {
    dense: &'a Dense,
    x: &'a [f32],
    dy: &'a [f32],
    target: &'a Target,
    outputs: std::ops::Range<usize>,
}

impl Task for ByWeights<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        // SAFETY: the caller's promise.
        unsafe {
            match (self.outputs.len(), L::PANELS > 1) {
                (ROWS, true) => self.rows::<L, ROWS, 4>(self.outputs.start),
                (ROWS, false) => self.rows::<L, ROWS, 1>(self.outputs.start),
                (_, wide) => {
                    for output in self.outputs.clone() {
                        if wide { self.rows::<L, 1, 8>(output) } else { self.rows::<L, 1, 4>(output) }
                    }
                }
            }
        }
    }
}

impl ByWeights<'_> {
    #[inline(always)]
    unsafe fn rows<L: Lanes, const M: usize, const N: usize>(&self, first: usize) {
        let Dense { batch, inputs, outputs, .. } = *self.dense;
        let dy = Scalars { at: self.dy[first..].as_ptr(), row: 1, step: outputs };
        let x = Vectors { at: self.x.as_ptr(), step: inputs };
        // SAFETY: `dy` holds M x batch elements and `x` batch rows of `inputs`, as the door has checked.
        unsafe {
            outer_rows::<L, M, N>(dy, x, batch, inputs, &Rows { to: self, first });
        }
    }
}

/// Inputs to a task of the gradient by input.
const INPUTS_TO_A_TASK: usize = 256;

struct ByInput<'a> {
    dense: &'a Dense,
    dy: &'a [f32],
    w: &'a [f32],
    dx: Shared<f32>,
    inputs: std::ops::Range<usize>,
}

impl Task for ByInput<'_> {
    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let batch = self.dense.batch;
        let whole = batch - batch % ROWS;
        // SAFETY: the caller's promise.
        unsafe {
            for n in (0..whole).step_by(ROWS) {
                if L::PANELS > 1 { self.rows::<L, ROWS, 4>(n) } else { self.rows::<L, ROWS, 1>(n) }
            }
            for n in whole..batch {
                self.rows::<L, 1, 4>(n);
            }
        }
    }
}

impl ByInput<'_> {
    #[inline(always)]
    unsafe fn rows<L: Lanes, const M: usize, const N: usize>(&self, first: usize) {
        let Dense { inputs, outputs, .. } = *self.dense;
        let dy = Scalars { at: self.dy[first * outputs..].as_ptr(), row: outputs, step: 1 };
        let w = Vectors { at: self.w[self.inputs.start..].as_ptr(), step: inputs };
        // SAFETY: `dy` holds M x outputs elements and `w` outputs rows of this task's inputs; the pieces lie in `dx`.
        unsafe {
            outer_rows::<L, M, N>(dy, w, outputs, self.inputs.len(), &Rows { to: self, first });
        }
    }
}

/// Where the rows of a product go: the task, and the row of its result that they start at.
struct Rows<'a, T> {
    to: &'a T,
    first: usize,
}

impl Pieces for Rows<'_, ByWeights<'_>> {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&self, row: usize, column: usize, values: &[f32]) {
        let offset = (self.first + row) * self.to.dense.inputs + column;
        // SAFETY: the rows are this task's own.
        unsafe { self.to.target.take::<L>(values.as_ptr(), offset, values.len()) }
    }

    #[inline(always)]
    unsafe fn expect<L: Lanes>(&self, row: usize, column: usize, count: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.to.target.prefetch::<L>((self.first + row) * self.to.dense.inputs + column, count) }
    }
}

impl Pieces for Rows<'_, ByInput<'_>> {
    #[inline(always)]
    unsafe fn take<L: Lanes>(&self, row: usize, column: usize, values: &[f32]) {
        let offset = (self.first + row) * self.to.dense.inputs + self.to.inputs.start + column;
        // SAFETY: the columns are this task's own.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), self.to.dx.get().add(offset), values.len()) }
    }

    #[inline(always)]
    unsafe fn expect<L: Lanes>(&self, _row: usize, _column: usize, _count: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::ALL;
    use crate::kernels::optimizer::{Rule, update};
    use crate::rng::{Purpose, Stream};

    /// A dot product of k terms in f32 is off by at most k/2^24 of the sum of their sizes, and far less on average; 1e-5
    /// of the largest result covers 8,192 terms.
    const TOLERANCE: f64 = 1e-5;

    /// (batch, inputs, outputs): ones, odd sizes, whole and broken tiles and chunks.
    const SIZES: [(usize, usize, usize); 7] =
        [(1, 1, 1), (3, 5, 2), (16, 256, 1), (17, 31, 7), (4, 272, 13), (19, 515, 33), (16, 1024, 48)];

    fn random(len: usize, seed: u64) -> Vec<f32> {
        let mut stream = Stream::new(seed, Purpose::Init, 0, len as u64);
        (0..len).map(|_| stream.next_u32() as f32 / 2f32.powi(31) - 1.0).collect()
    }

    fn assert_close(fast: &[f32], naive: &[f64]) {
        let size = naive.iter().fold(1.0f64, |size, v| size.max(v.abs()));
        for (index, (&f, &n)) in fast.iter().zip(naive).enumerate() {
            assert!((f64::from(f) - n).abs() <= TOLERANCE * size, "element {index}: {f} instead of {n}");
        }
    }

    /// `c[i][j] = sum_k a(i, k) b(k, j)` in f64: the naive twin of all three products.
    fn naive(rows: usize, columns: usize, depth: usize, term: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
        (0..rows * columns).map(|ij| (0..depth).map(|k| term(ij / columns, ij % columns, k)).sum()).collect()
    }

    struct Case {
        dense: Dense,
        x: Vec<f32>,
        w: Vec<f32>,
        b: Vec<f32>,
        dy: Vec<f32>,
    }

    impl Case {
        fn new(isa: Isa, (batch, inputs, outputs): (usize, usize, usize)) -> Self {
            Self {
                dense: Dense { isa, batch, inputs, outputs },
                x: random(batch * inputs, 1),
                w: random(outputs * inputs, 2),
                b: random(outputs, 3),
                dy: random(batch * outputs, 4),
            }
        }

        fn forward(&self) -> Vec<f32> {
            let mut y = vec![f32::NAN; self.dy.len()];
            self.dense.forward(&self.x, &self.w, &self.b, &mut y);
            y
        }

        fn gradients(&self) -> [Vec<f32>; 3] {
            let mut dx = vec![f32::NAN; self.x.len()];
            let (mut dw, mut db) = (vec![f32::NAN; self.w.len()], vec![f32::NAN; self.b.len()]);
            self.dense.gradient_by_input(&self.dy, &self.w, &mut dx);
            self.dense.gradient_by_weights(&self.x, &self.dy, &mut dw);
            self.dense.gradient_by_bias(&self.dy, &mut db);
            [dx, dw, db]
        }
    }

    fn available() -> impl Iterator<Item = Isa> {
        ALL.into_iter().filter(|isa| isa.available())
    }

    #[test]
    fn forward_agrees_with_its_naive_twin_over_odd_sizes() {
        for size in SIZES {
            let case = Case::new(Isa::detect(), size);
            let (batch, inputs, outputs) = size;
            let term =
                |n: usize, o: usize, k: usize| f64::from(case.x[n * inputs + k]) * f64::from(case.w[o * inputs + k]);
            let mut expected = naive(batch, outputs, inputs, term);
            expected.iter_mut().enumerate().for_each(|(at, y)| *y += f64::from(case.b[at % outputs]));
            assert_close(&case.forward(), &expected);
        }
    }

    #[test]
    fn gradients_agree_with_their_naive_twins_over_odd_sizes() {
        for size in SIZES {
            let (batch, inputs, outputs) = size;
            let case = Case::new(Isa::detect(), size);
            let [x, w, dy] = [&case.x, &case.w, &case.dy].map(|v| v.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
            let [dx, dw, db] = case.gradients();
            assert_close(&dx, &naive(batch, inputs, outputs, |n, k, o| dy[n * outputs + o] * w[o * inputs + k]));
            assert_close(&dw, &naive(outputs, inputs, batch, |o, k, n| dy[n * outputs + o] * x[n * inputs + k]));
            assert_close(&db, &naive(1, outputs, batch, |_, o, n| dy[n * outputs + o]));
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        for size in SIZES {
            let expected = (Case::new(Isa::Portable, size).forward(), Case::new(Isa::Portable, size).gradients());
            for isa in available() {
                let case = Case::new(isa, size);
                assert_eq!((case.forward(), case.gradients()), expected, "{isa:?} {size:?}");
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let size = (16, 2048, 40);
        let at = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
            let case = Case::new(Isa::detect(), size);
            pool.install(|| (case.forward(), case.gradients()))
        };
        assert_eq!(at(1), at(3));
    }

    #[test]
    fn a_sample_gives_the_same_bits_in_any_batch() {
        for isa in available() {
            let whole = Case::new(isa, (19, 515, 33));
            let (all, [dx, ..]) = (whole.forward(), whole.gradients());
            for n in [0, 7, 18] {
                let x = whole.x[n * 515..][..515].to_vec();
                let alone = Case { x, dy: whole.dy[n * 33..][..33].to_vec(), ..Case::new(isa, (1, 515, 33)) };
                assert_eq!(alone.forward(), all[n * 33..][..33]);
                assert_eq!(alone.gradients()[0], dx[n * 515..][..515]);
            }
        }
    }

    #[test]
    fn the_fused_update_gives_the_bits_of_gradient_and_update_apart() {
        let rule = Rule::Adam { beta1: 0.9, beta2: 0.999, eps: 1e-7, weight_decay: 0.01 };
        let step = Step { rule, lr: 0.01, l1: 1e-3, l2: 1e-2, number: 3 };
        for (isa, size) in available().flat_map(|isa| SIZES.map(|size| (isa, size))) {
            let case = Case::new(isa, size);
            let state =
                || [case.w.clone(), random(case.w.len(), 5), random(case.w.len(), 6).iter().map(|v| v * v).collect()];
            let (mut apart, mut fused): ([Vec<f32>; 3], [Vec<f32>; 3]) = (state(), state());
            let [weights, first, second] = &mut apart;
            update(isa, &step, &case.gradients()[1], Parameter { weights, first, second });
            let [weights, first, second] = &mut fused;
            case.dense.update(&case.x, &case.dy, &step, Parameter { weights, first, second });
            assert_eq!(apart, fused, "{isa:?} {size:?}");
        }
    }
}
