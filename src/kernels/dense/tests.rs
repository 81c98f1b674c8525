//! Dense layers against their naive twins, and the promise of the same bits.

use super::{Ahead, Dense, Packed};
use crate::kernels::isa::{ALL, Isa};
use crate::kernels::optimizer::{Parameter, Rule, Step, update};
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

    fn packed(&self) -> Packed {
        Packed::new(&self.x, self.dense.batch)
    }

    fn forward(&self) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.dy.len()];
        self.dense.forward(&self.packed(), &self.w, &self.b, &mut y);
        y
    }

    fn gradients(&self) -> [Vec<f32>; 3] {
        let mut dx = vec![f32::NAN; self.x.len()];
        let (mut dw, mut db) = (vec![f32::NAN; self.w.len()], vec![f32::NAN; self.b.len()]);
        self.dense.gradient_by_input(&self.dy, &self.w, &mut dx);
        self.dense.gradient_by_weights(&self.packed(), &self.dy, &mut dw);
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
        let term = |n: usize, o: usize, k: usize| f64::from(case.x[n * inputs + k]) * f64::from(case.w[o * inputs + k]);
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
        case.dense.update(&case.packed(), &case.dy, &step, Parameter { weights, first, second }, None);
        assert_eq!(apart, fused, "{isa:?} {size:?}");
    }
}

#[test]
fn the_forward_pass_ahead_gives_the_bits_of_one_after_the_update() {
    let rule = Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.0 };
    let step = Step { rule, lr: 0.01, l1: 0.0, l2: 0.0, number: 1 };
    for (isa, (batch, inputs, outputs)) in available().flat_map(|isa| SIZES.map(|size| (isa, size))) {
        // Smaller, larger and far larger batches than the one that the update comes from.
        for following in [1, batch, 2 * batch + 3, 70] {
            let case = Case::new(isa, (batch, inputs, outputs));
            let next = Case { x: random(following * inputs, 7), ..Case::new(isa, (following, inputs, outputs)) };
            let (mut weights, mut first) = (case.w.clone(), vec![0.0; case.w.len()]);
            let mut ahead = vec![f32::NAN; following * outputs];
            let (x, next_x) = (case.packed(), next.packed());
            let parameter = Parameter { weights: &mut weights, first: &mut first, second: &mut [] };
            let wanted = Ahead { x: &next_x, b: &next.b, y: &mut ahead };
            case.dense.update(&x, &case.dy, &step, parameter, Some(wanted));
            let mut after = vec![f32::NAN; ahead.len()];
            next.dense.forward(&next_x, &weights, &next.b, &mut after);
            assert_eq!(ahead, after, "{isa:?} {batch} x {inputs} x {outputs}, then {following}");
        }
    }
}

#[test]
fn a_packed_batch_knows_its_bits() {
    for (batch, inputs) in [(1, 1), (3, 255), (2, 256), (5, 600), (17, 8192)] {
        let x = random(batch * inputs, 1);
        let packed = Packed::new(&x, batch);
        assert!(packed.holds(&x, batch) && !packed.holds(&x[1..], batch));
        for at in [0, x.len() / 2, x.len() - 1] {
            let mut other = x.clone();
            other[at] = f32::from_bits(other[at].to_bits() ^ 1);
            assert!(!packed.holds(&other, batch), "{batch} x {inputs}, {at}");
        }
        assert!(batch == 1 || !packed.holds(&x, batch - 1) && !packed.holds(&x, 1));
    }
}
