//! The frozen trunk against a naive twin, and the promise of the same bits.

use frostline::kernels::{ConvLayer, Isa, Part, Pool, Precision, Trunk, isa};
use frostline::rng::{Purpose, Stream};

/// One convolution with random weights, and what it is called with.
struct Net {
    layers: Vec<Owned>,
    size: (usize, usize),
}

struct Owned {
    number: usize,
    channels: (usize, usize),
    weights: Vec<f32>,
    bias: Vec<f32>,
    pool: Pool,
}

fn numbers(stream: &mut Stream, count: usize, scale: f32) -> Vec<f32> {
    (0..count).map(|_| (stream.next_u32() as f32 / u32::MAX as f32 - 0.5) * scale).collect()
}

impl Net {
    /// `channels` in order from the input's; a pool after each layer whose number is in `pools`; numbers from `first`.
    fn new(first: usize, channels: &[usize], pools: &[usize], size: (usize, usize)) -> Self {
        let mut stream = Stream::new(3, Purpose::Init, 0, first as u64);
        let layer = |(index, pair): (usize, &[usize])| Owned {
            number: first + index,
            channels: (pair[0], pair[1]),
            weights: numbers(&mut stream, pair[0] * pair[1] * 9, 3.5 / (pair[0] as f32 * 9.0).sqrt()),
            bias: numbers(&mut stream, pair[1], 0.5),
            pool: if pools.contains(&(first + index)) { Pool::Max2x2 } else { Pool::None },
        };
        Self { layers: channels.windows(2).enumerate().map(layer).collect(), size }
    }

    fn trunk(&self, range: std::ops::Range<usize>, size: (usize, usize), precision: Precision, isa: Isa) -> Trunk {
        let layers: Vec<_> = self.layers[range].iter().map(Owned::borrow).collect();
        Trunk::new(&layers, size, precision, isa)
    }

    fn input(&self, batch: usize) -> Vec<f32> {
        let count = batch * self.layers[0].channels.0 * self.size.0 * self.size.1;
        numbers(&mut Stream::new(4, Purpose::Init, 0, 0), count, 2.0)
    }

    fn run(&self, input: &[f32], batch: usize, precision: Precision, isa: Isa) -> Vec<f32> {
        forward(&self.trunk(0..self.layers.len(), self.size, precision, isa), input, batch, batch)
    }

    /// Every sum in f64, one tap after another.
    fn naive(&self, image: &[f32]) -> Vec<f64> {
        let (mut x, mut size) = (image.iter().map(|&v| f64::from(v)).collect::<Vec<_>>(), self.size);
        for layer in &self.layers {
            x = layer.naive(&x, size);
            if layer.pool == Pool::Max2x2 {
                x = pooled(&x, size);
                size = (size.0 / 2, size.1 / 2);
            }
        }
        x
    }
}

impl Owned {
    fn borrow(&self) -> ConvLayer<'_> {
        let (in_channels, out_channels) = self.channels;
        let Self { number, weights, bias, pool, .. } = self;
        ConvLayer { number: *number, in_channels, out_channels, weights, bias, pool: *pool }
    }

    fn naive(&self, x: &[f64], (height, width): (usize, usize)) -> Vec<f64> {
        let (inputs, outputs) = self.channels;
        let mut y = Vec::new();
        for output in 0..outputs {
            for at in 0..height * width {
                let mut sum = f64::from(self.bias[output]);
                for input in 0..inputs {
                    for tap in 0..9 {
                        let (row, column) = (at / width + tap / 3, at % width + tap % 3);
                        if (1..=height).contains(&row) && (1..=width).contains(&column) {
                            let weight = self.weights[(output * inputs + input) * 9 + tap];
                            sum += f64::from(weight) * x[input * height * width + (row - 1) * width + column - 1];
                        }
                    }
                }
                y.push(sum.max(0.0));
            }
        }
        y
    }
}

fn pooled(x: &[f64], (height, width): (usize, usize)) -> Vec<f64> {
    let mut y = Vec::new();
    for plane in x.chunks(height * width) {
        for row in 0..height / 2 {
            for column in 0..width / 2 {
                let at = |dy: usize, dx: usize| plane[(2 * row + dy) * width + 2 * column + dx];
                y.push(at(0, 0).max(at(0, 1)).max(at(1, 0)).max(at(1, 1)));
            }
        }
    }
    y
}

fn forward(trunk: &Trunk, input: &[f32], batch: usize, capacity: usize) -> Vec<f32> {
    let (channels, height, width) = trunk.output_shape();
    let mut out = vec![f32::NAN; batch * channels * height * width];
    trunk.forward(input, batch, &mut trunk.scratch(capacity), &mut out);
    out
}

fn relative_error(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let difference: f64 = found.iter().zip(expected).map(|(&f, e)| (f64::from(f) - e).powi(2)).sum();
    (difference / expected.iter().map(|e| e * e).sum::<f64>().max(1e-30)).sqrt()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn available() -> impl Iterator<Item = Isa> {
    isa::ALL.into_iter().filter(|isa| isa.available())
}

/// Random weights and pixels cancel more than photographs do; f32 sums of a few hundred terms stay well below this.
const F32_TOLERANCE: f64 = 2e-5;
/// One layer rounds both factors to eight bits, and the transforms magnify that.
const BF16_TOLERANCE: f64 = 4e-2;
/// Without transforms only the rounding of both factors is left.
const AMX_TOLERANCE: f64 = 1e-2;

const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::Bf16Amx];

/// Sizes around the edges of tiles, and channels that don't fill a group.
const SIZES: [(usize, usize); 9] = [(1, 1), (3, 5), (2, 9), (6, 6), (8, 8), (9, 9), (12, 13), (17, 31), (37, 14)];

#[test]
fn every_layer_agrees_with_its_naive_twin_at_odd_sizes() {
    // An interpreter is a thousand times slower.
    let sizes = if cfg!(miri) { &SIZES[..2] } else { &SIZES[..] };
    for &(height, width) in sizes {
        // The widest have more groups of out-channels than a product takes at once.
        for (number, channels, pools) in [
            (1, [3, 20], &[][..]),
            (1, [1, 40], &[1]),
            (1, [2, 33], &[]),
            (2, [5, 19], &[]),
            (3, [18, 70], &[]),
            (4, [17, 33], &[4]),
            (9, [20, 100], &[]),
            (11, [16, 40], &[]),
            (13, [7, 3], &[13]),
        ] {
            if !pools.is_empty() && height.min(width) < 2 {
                continue;
            }
            let net = Net::new(number, &channels, pools, (height, width));
            let input = net.input(1);
            let expected = net.naive(&input);
            for (precision, tolerance) in [
                (Precision::F32, F32_TOLERANCE),
                (Precision::Bf16, BF16_TOLERANCE),
                (Precision::Bf16Amx, AMX_TOLERANCE),
            ] {
                let found = net.run(&input, 1, precision, Isa::detect());
                let error = relative_error(&found, &expected);
                assert!(error < tolerance, "{height}x{width} layer {number} {precision:?}: {error:e}");
            }
        }
    }
}

/// Five layers with two pools, from the pixels or from an activation.
fn nets() -> [Net; 2] {
    [Net::new(1, &[3, 20, 33, 17, 16], &[2, 4], (33, 50)), Net::new(9, &[18, 70, 100, 21, 40], &[10], (21, 17))]
}

#[test]
fn a_run_of_layers_agrees_with_its_naive_twin() {
    for net in nets() {
        let input = net.input(1);
        let error = relative_error(&net.run(&input, 1, Precision::F32, Isa::detect()), &net.naive(&input));
        assert!(error < F32_TOLERANCE, "{error:e}");
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for net in nets() {
        let input = net.input(2);
        for precision in PRECISIONS {
            let expected = net.run(&input, 2, precision, Isa::Portable);
            for isa in available() {
                assert!(bits(&net.run(&input, 2, precision, isa)) == bits(&expected), "{isa:?} {precision:?}");
            }
        }
    }
}

#[test]
fn the_batch_and_the_place_in_it_do_not_change_a_bit() {
    for (net, precision) in nets().iter().flat_map(|net| PRECISIONS.map(|precision| (net, precision))) {
        let batch = 7;
        let input = net.input(batch);
        let each = input.len() / batch;
        let whole = net.trunk(0..net.layers.len(), net.size, precision, Isa::detect());
        let alone: Vec<f32> = input.chunks(each).flat_map(|image| forward(&whole, image, 1, 1)).collect();
        for capacity in [1, 2, 5, 7, 9] {
            assert!(
                bits(&forward(&whole, &input, batch, capacity)) == bits(&alone),
                "{capacity} at a time, {precision:?}"
            );
        }
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    for (net, precision) in nets().iter().flat_map(|net| PRECISIONS.map(|precision| (net, precision))) {
        let input = net.input(3);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
            pool.install(|| net.run(&input, 3, precision, Isa::detect()))
        };
        let expected = bits(&on(1));
        for threads in [2, 3, 5] {
            assert!(bits(&on(threads)) == expected, "{threads} threads, {precision:?}");
        }
    }
}

#[test]
fn a_trunk_cut_in_two_gives_the_bits_of_the_whole() {
    for net in nets() {
        let input = net.input(2);
        for precision in PRECISIONS {
            let whole = bits(&net.run(&input, 2, precision, Isa::detect()));
            for cut in 1..net.layers.len() {
                let first = net.trunk(0..cut, net.size, precision, Isa::detect());
                let (_, height, width) = first.output_shape();
                let second = net.trunk(cut..net.layers.len(), (height, width), precision, Isa::detect());
                let between = forward(&first, &input, 2, 2);
                assert!(bits(&forward(&second, &between, 2, 2)) == whole, "cut after {cut} {precision:?}");
            }
        }
    }
}

#[test]
fn a_scratch_can_be_used_again_without_a_trace_of_the_last_batch() {
    for net in nets() {
        let trunk = net.trunk(0..net.layers.len(), net.size, Precision::F32, Isa::detect());
        let (input, mut scratch) = (net.input(4), trunk.scratch(4));
        let (channels, height, width) = trunk.output_shape();
        let (each, out_each) = (input.len() / 4, channels * height * width);
        let mut first = vec![0.0; 4 * out_each];
        trunk.forward(&input, 4, &mut scratch, &mut first);
        let mut second = vec![0.0; out_each];
        trunk.forward(&input[2 * each..3 * each], 1, &mut scratch, &mut second);
        assert!(bits(&second) == bits(&first[2 * out_each..3 * out_each]));
    }
}

#[test]
fn a_watcher_hears_of_every_part_in_order() {
    let net = &nets()[0];
    let trunk = net.trunk(0..net.layers.len(), net.size, Precision::F32, Isa::detect());
    let (sender, heard) = std::sync::mpsc::channel();
    let mut scratch = trunk.scratch(2).watched(move |part| sender.send(part).expect("somebody listens"));
    let (channels, height, width) = trunk.output_shape();
    trunk.forward(&net.input(2), 2, &mut scratch, &mut vec![0.0; 2 * channels * height * width]);
    let layers = (0..net.layers.len()).map(Part::Layer);
    let expected: Vec<Part> = [Part::Enter].into_iter().chain(layers).chain([Part::Leave]).collect();
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn multiplications_are_those_of_the_tiles_that_cover_a_layer() {
    let count = |number, channels: [usize; 2], size| {
        let net = Net::new(number, &channels, &[], size);
        net.trunk(0..1, size, Precision::F32, Isa::detect()).multiplications()
    };
    assert_eq!(count(1, [3, 64], (10, 20)), [(Precision::F32, 10 * 20 * 9 * 3 * 64)], "direct");
    assert_eq!(
        count(5, [32, 64], (18, 24)),
        [(Precision::F32, 3 * 4 * 64 * 32 * 64)],
        "tiles of 6 x 6, 64 points each"
    );
}
