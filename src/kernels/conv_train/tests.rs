use super::*;
use crate::kernels::isa::ALL;
use crate::kernels::optimizer::Rule;
use crate::rng::{Purpose, Stream};

/// F(3x3) in f32 is off by some 1e-6 of the size of a result; single results, next to nothing but cancellation, by ten
/// times that of the largest.
const TOLERANCE: f64 = 1e-5;

/// (batch, in, out, height, width): one pixel, odd sizes, channels that fill no vector, whole and broken blocks.
const SIZES: [[usize; 5]; 7] = [
    [1, 1, 1, 1, 1],
    [2, 3, 5, 3, 5],
    [1, 2, 1, 17, 31],
    [2, 17, 31, 4, 7],
    [5, 16, 32, 9, 9],
    [3, 33, 70, 6, 5],
    [2, 80, 18, 8, 3],
];

fn random(len: usize, seed: u64) -> Vec<f32> {
    let mut stream = Stream::new(seed, Purpose::Init, 0, len as u64);
    (0..len).map(|_| stream.next_u32() as f32 / 2f32.powi(31) - 1.0).collect()
}

fn layer(isa: Isa, [batch, in_channels, out_channels, height, width]: [usize; 5]) -> Conv3x3 {
    Conv3x3 { isa, batch, in_channels, out_channels, height, width }
}

struct Case {
    layer: Conv3x3,
    x: Vec<f32>,
    w: Vec<f32>,
    b: Vec<f32>,
    dy: Vec<f32>,
}

#[derive(Debug, PartialEq)]
struct Results {
    y: Vec<f32>,
    dx: Vec<f32>,
    dw: Vec<f32>,
    db: Vec<f32>,
}

impl Case {
    fn new(layer: Conv3x3) -> Self {
        let (w, b) = (random(layer.weights_len(), 2), random(layer.out_channels, 3));
        Self { layer, x: random(layer.input_len(), 1), w, b, dy: random(layer.output_len(), 4) }
    }

    fn kernel(&self) -> ConvKernel {
        let mut kernel = ConvKernel::new(self.layer.out_channels, self.layer.in_channels);
        kernel.set(self.layer.isa, &self.w);
        kernel
    }

    fn forward(&self, scratch: &mut ConvScratch) -> Vec<f32> {
        let mut y = vec![f32::NAN; self.dy.len()];
        self.layer.forward(&self.x, ConvWeights { kernel: &self.kernel(), bias: &self.b }, &mut y, scratch);
        y
    }

    fn run(&self, scratch: &mut ConvScratch) -> Results {
        let y = self.forward(scratch);
        let (mut dx, mut dw) = (vec![0.0; self.x.len()], vec![f32::NAN; self.w.len()]);
        let mut db = vec![f32::NAN; self.b.len()];
        let gradients = ConvGradients { dx: Some(&mut dx), dw: &mut dw, db: &mut db };
        self.layer.backward(&self.dy, &self.kernel(), gradients, scratch);
        Results { y, dx, dw, db }
    }
}

/// The naive twin, in f64: (y, dx, dw, db) from (x, w, b, dy).
struct Naive {
    y: Vec<f64>,
    dx: Vec<f64>,
    dw: Vec<f64>,
    db: Vec<f64>,
}

fn naive(layer: &Conv3x3, x: &[f64], w: &[f64], b: &[f64], dy: &[f64]) -> Naive {
    let Conv3x3 { batch, in_channels: ins, out_channels: outs, height, width, .. } = *layer;
    let area = height * width;
    let mut y = vec![0.0; batch * outs * area];
    let each = |visit: &mut dyn FnMut(usize, usize, usize)| {
        for at in 0..batch * outs * ins * area * 9 {
            let (rest, tap) = (at / 9, at % 9);
            let (rest, column) = (rest / width, rest % width);
            let (rest, row) = (rest / height, rest % height);
            let (rest, i) = (rest / ins, rest % ins);
            let (n, o) = (rest / outs, rest % outs);
            let (from_row, from_column) = (row + tap / 3, column + tap % 3);
            if (1..=height).contains(&from_row) && (1..=width).contains(&from_column) {
                let from = (n * ins + i) * area + (from_row - 1) * width + from_column - 1;
                visit((n * outs + o) * area + row * width + column, from, (o * ins + i) * 9 + tap);
            }
        }
    };
    y.iter_mut().enumerate().for_each(|(at, y)| *y = b[at / area % outs]);
    each(&mut |to, from, weight| y[to] += x[from] * w[weight]);
    y.iter_mut().for_each(|y| *y = y.max(0.0));
    let dm: Vec<f64> = y.iter().zip(dy).map(|(y, dy)| if *y > 0.0 { *dy } else { 0.0 }).collect();
    let (mut dx, mut dw, mut db) = (vec![0.0; x.len()], vec![0.0; w.len()], vec![0.0; b.len()]);
    each(&mut |to, from, weight| dx[from] += dm[to] * w[weight]);
    each(&mut |to, from, weight| dw[weight] += dm[to] * x[from]);
    dm.iter().enumerate().for_each(|(at, dm)| db[at / area % outs] += dm);
    Naive { y, dx, dw, db }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn naive_of(case: &Case) -> Naive {
    naive(&case.layer, &wide(&case.x), &wide(&case.w), &wide(&case.b), &wide(&case.dy))
}

fn assert_close(what: &str, fast: &[f32], naive: &[f64]) {
    let size = naive.iter().fold(1.0f64, |size, v| size.max(v.abs()));
    for (index, (&f, &n)) in fast.iter().zip(naive).enumerate() {
        assert!((f64::from(f) - n).abs() <= TOLERANCE * size, "{what} {index}: {f} instead of {n} (size {size})");
    }
}

fn available() -> impl Iterator<Item = Isa> {
    ALL.into_iter().filter(|isa| isa.available())
}

#[test]
fn all_passes_agree_with_their_naive_twin_over_odd_sizes() {
    let mut scratch = ConvScratch::new();
    for size in SIZES {
        let case = Case::new(layer(Isa::detect(), size));
        let (fast, naive) = (case.run(&mut scratch), naive_of(&case));
        assert_close(&format!("{size:?} y"), &fast.y, &naive.y);
        // Where an output is next to zero, fast and naive may disagree about ReLU: let the twin use the fast one's.
        assert_close(&format!("{size:?} dx"), &fast.dx, &naive.dx);
        assert_close(&format!("{size:?} dw"), &fast.dw, &naive.dw);
        assert_close(&format!("{size:?} db"), &fast.db, &naive.db);
    }
}

#[test]
fn the_naive_twins_gradients_agree_with_central_differences() {
    let case = Case::new(layer(Isa::Portable, [2, 2, 3, 4, 3]));
    let (x, w, b, dy) = (wide(&case.x), wide(&case.w), wide(&case.b), wide(&case.dy));
    let analytic = naive(&case.layer, &x, &w, &b, &dy);
    let objective = |x: &[f64], w: &[f64], b: &[f64]| -> f64 {
        naive(&case.layer, x, w, b, &dy).y.iter().zip(&dy).map(|(y, dy)| y * dy).sum()
    };
    // The function is linear in each variable but for ReLU, whose corner no step of 1e-6 crosses here.
    let step = 1e-6;
    let check = |values: &[f64], gradient: &[f64], at: &dyn Fn(&[f64]) -> f64| {
        for index in 0..values.len() {
            let moved = |by: f64| {
                let mut moved = values.to_vec();
                moved[index] += by;
                at(&moved)
            };
            let numeric = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((numeric - gradient[index]).abs() < 1e-7, "{index}: {numeric} {}", gradient[index]);
        }
    };
    check(&x, &analytic.dx, &|x| objective(x, &w, &b));
    check(&w, &analytic.dw, &|w| objective(&x, w, &b));
    check(&b, &analytic.db, &|b| objective(&x, &w, b));
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for size in SIZES {
        let expected = Case::new(layer(Isa::Portable, size)).run(&mut ConvScratch::new());
        for isa in available() {
            assert_eq!(Case::new(layer(isa, size)).run(&mut ConvScratch::new()), expected, "{isa:?} {size:?}");
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let case = Case::new(layer(Isa::detect(), [4, 70, 96, 9, 9]));
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
        pool.install(|| case.run(&mut ConvScratch::new()))
    };
    let expected = at(1);
    assert_eq!(at(2), expected);
    assert_eq!(at(5), expected);
}

#[test]
fn an_image_gives_the_same_bits_in_any_batch() {
    for isa in available() {
        let whole = Case::new(layer(isa, [5, 17, 33, 7, 10]));
        let all = whole.run(&mut ConvScratch::new());
        let (input, output) = (whole.x.len() / 5, whole.dy.len() / 5);
        for n in 0..5 {
            let one = layer(isa, [1, 17, 33, 7, 10]);
            let x = whole.x[n * input..][..input].to_vec();
            let alone = Case { x, dy: whole.dy[n * output..][..output].to_vec(), ..Case::new(one) };
            let results = alone.run(&mut ConvScratch::new());
            assert_eq!(results.y, all.y[n * output..][..output]);
            assert_eq!(results.dx, all.dx[n * input..][..input]);
        }
    }
}

#[test]
fn a_scratch_that_served_other_sizes_changes_no_bit() {
    let mut scratch = ConvScratch::new();
    for size in SIZES.iter().rev().chain(&SIZES) {
        let case = Case::new(layer(Isa::detect(), *size));
        assert_eq!(case.run(&mut scratch), case.run(&mut ConvScratch::new()), "{size:?}");
    }
}

#[test]
fn the_fused_update_gives_the_bits_of_gradient_and_update_apart() {
    let rule = Rule::Sgd { momentum: 0.9, nesterov: false };
    let step = Step { rule, lr: 0.01, l1: 1e-3, l2: 1e-2, number: 1 };
    for (isa, size) in available().flat_map(|isa| SIZES.map(|size| (isa, size))) {
        let case = Case::new(layer(isa, size));
        let Results { y, dx, dw, db } = case.run(&mut ConvScratch::new());
        let moments = (random(case.w.len(), 5), random(case.b.len(), 6));
        let (mut w, mut b, (mut mw, mut mb)) = (case.w.clone(), case.b.clone(), moments.clone());
        let parameter = |w, m| Parameter { weights: w, first: m, second: &mut [] };
        optimizer::update(isa, &step, &dw, parameter(&mut w, &mut mw));
        optimizer::update(isa, &step.without_penalty(), &db, parameter(&mut b, &mut mb));

        let mut scratch = ConvScratch::new();
        case.forward(&mut scratch);
        let (mut fused_w, mut fused_b, (mut fused_mw, mut fused_mb)) = (case.w.clone(), case.b.clone(), moments);
        let (mut kernel, mut fused_dx) = (case.kernel(), vec![1.0; dx.len()]);
        // It is added to what is there.
        let dx: Vec<f32> = dx.iter().map(|dx| 1.0 + dx).collect();
        let update = ConvUpdate {
            step: &step,
            kernel: &mut kernel,
            weights: parameter(&mut fused_w, &mut fused_mw),
            bias: parameter(&mut fused_b, &mut fused_mb),
            dx: Some(&mut fused_dx),
        };
        case.layer.backward_and_update(&case.dy, update, &mut scratch);
        assert_eq!((&fused_w, &fused_b, &fused_mw, &fused_mb, &fused_dx), (&w, &b, &mw, &mb, &dx), "{isa:?} {size:?}");

        let moved = Case { w, b, ..case };
        let mut again = vec![f32::NAN; y.len()];
        moved.layer.forward(&moved.x, ConvWeights { kernel: &kernel, bias: &moved.b }, &mut again, &mut scratch);
        assert_eq!(again, moved.forward(&mut ConvScratch::new()), "the kernel was refreshed");
    }
}

#[test]
fn a_diverged_network_is_seen_to_diverge() {
    let mut case = Case::new(layer(Isa::detect(), [1, 1, 1, 3, 3]));
    case.x[4] = f32::NAN;
    assert!(case.forward(&mut ConvScratch::new()).iter().any(|y| y.is_nan()));
}
