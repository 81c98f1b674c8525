//! Where a forward pass through VGG16's convolutions spends its time: each layer's milliseconds for a batch against its
//! arithmetic floor, which is the multiplications of its products at the rate of the micro-kernel on data in the first
//! cache. What a layer takes beyond it are its transforms, and waiting for memory.
//!
//! `cargo bench --bench layers -- [--size 150] [--batch 16] [--precision f32|bf16|bf16_amx] [--threads N] [--isa NAME]`

mod measure;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use frostline::kernels::amx;
use frostline::kernels::layout::Element;
use frostline::kernels::winograd::peak;
use frostline::kernels::{ConvLayer, Part, Pool, Precision, Trunk, isa};
use frostline::net::{BLOCK_ENDS, BaseWeights, CHANNELS, CONVOLUTIONS};
use frostline::rng::{Purpose, Stream};
use measure::{Seconds, on_threads, option, report, uniform};

const RUNS: usize = 15;
/// Calls of the largest micro-kernel that take a few milliseconds.
const CALLS: usize = 20_000;

fn main() {
    let (size, batch): (usize, usize) = (option("--size", 150), option("--batch", 16));
    let name: String = option("--precision", "f32".to_owned());
    let precision = match &name[..] {
        "f32" => Precision::F32,
        "bf16" => Precision::Bf16,
        "bf16_amx" => Precision::Bf16Amx,
        _ => panic!("`{name}` is no precision"),
    };
    let (threads, (rows, rates)) = on_threads(|| (measure(size, batch, precision), PRECISIONS.map(rate)));
    let [single, paired, tiled] = rates.map(|rate| rate / 1e9);
    println!("on {threads} threads, GMAC/s at best: {single:.0} in f32, {paired:.0} in bf16, {tiled:.0} in bf16_amx");
    println!("part          ms  floor ms  of it");
    let (mut whole, mut floors) = (0.0, 0.0);
    for Row { part, ms, multiplications } in rows {
        let seconds = multiplications.into_iter().zip(rates).map(|(count, rate)| count as f64 / rate).sum::<f64>();
        let floor = seconds * batch as f64 * 1e3;
        println!("{part:8} {ms:7.2}  {floor:8.2}  {:4.0} %", floor / ms * 100.0);
        (whole, floors) = (whole + ms, floors + floor);
    }
    let fields = format!("\"precision\": \"{name}\", \"size\": {size}, \"batch\": {batch}");
    report("layers", threads, &format!("{fields}, \"ms\": {whole:.2}, \"floor_ms\": {floors:.2}"));
}

const PRECISIONS: [Precision; 3] = [Precision::F32, Precision::Bf16, Precision::Bf16Amx];

/// A part of the pass.
struct Row {
    part: String,
    /// The median for a batch.
    ms: f64,
    /// Of an image, in each precision.
    multiplications: [u64; 3],
}

/// Seconds of each part of some passes, and when the last part ended.
struct Passes {
    last: Instant,
    seconds: Vec<[f64; CONVOLUTIONS + 2]>,
}

impl Passes {
    fn begin(&mut self) {
        self.seconds.push([0.0; CONVOLUTIONS + 2]);
        self.last = Instant::now();
    }

    fn done(&mut self, part: Part) {
        let (before, now) = (self.last, Instant::now());
        let pass = self.seconds.last_mut().expect("a pass has begun");
        pass[place(part)] += (now - before).as_secs_f64();
        self.last = now;
    }

    /// Milliseconds; the first pass warms up.
    fn median(&self, part: Part) -> f64 {
        Seconds::among(self.seconds[1..].iter().map(|pass| pass[place(part)] * 1e3).collect()).median
    }
}

fn measure(size: usize, batch: usize, precision: Precision) -> Vec<Row> {
    let trunk = trunk(size, precision);
    let images = uniform(&mut Stream::new(0, Purpose::Init, 0, 0), batch * 3 * size * size, -120.0, 130.0);
    let (channels, height, width) = trunk.output_shape();
    let mut out = vec![0.0; batch * channels * height * width];
    let passes = Arc::new(Mutex::new(Passes { last: Instant::now(), seconds: Vec::new() }));
    let lock = |passes: &Mutex<Passes>, run: &dyn Fn(&mut Passes)| run(&mut passes.lock().expect("nobody panics"));
    let clock = Arc::clone(&passes);
    let mut scratch = trunk.scratch(batch).watched(move |part| lock(&clock, &|passes| passes.done(part)));
    for _ in 0..=RUNS {
        lock(&passes, &Passes::begin);
        trunk.forward(&images, batch, &mut scratch, &mut out);
    }
    let passes = passes.lock().expect("nobody panics");
    let row =
        |name: &str, part, multiplications| Row { part: name.to_owned(), ms: passes.median(part), multiplications };
    let layers = trunk.multiplications().into_iter().enumerate().map(|(index, (precision, count))| {
        let multiplications = PRECISIONS.map(|of| if of == precision { count } else { 0 });
        row(&layer_name(index), Part::Layer(index), multiplications)
    });
    let (enter, leave) = (row("enter", Part::Enter, [0; 3]), row("leave", Part::Leave, [0; 3]));
    [enter].into_iter().chain(layers).chain([leave]).collect()
}

fn place(part: Part) -> usize {
    match part {
        Part::Enter => 0,
        Part::Layer(index) => 1 + index,
        Part::Leave => CONVOLUTIONS + 1,
    }
}

/// Multiplications a second of the micro-kernel, on all threads at once.
fn rate(precision: Precision) -> f64 {
    let multiply = || match precision {
        Precision::F32 => peak::multiply(isa::current(), Element::F32, CALLS),
        Precision::Bf16 => peak::multiply(isa::current(), Element::Bf16, CALLS),
        Precision::Bf16Amx => amx::multiply(isa::current(), CALLS / 2),
    };
    let once = || rayon::broadcast(|_| multiply()).iter().sum::<u64>();
    let mut done = 0;
    let seconds = Seconds::of(RUNS, || done = once());
    done as f64 / seconds.best
}

fn trunk(size: usize, precision: Precision) -> Trunk {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let weights = BaseWeights::read(&path).expect("the weights come with the sources");
    let layers: Vec<_> = (weights.convolutions(0..CONVOLUTIONS).iter().enumerate())
        .map(|(index, convolution)| ConvLayer {
            number: index + 1,
            in_channels: CHANNELS[index],
            out_channels: CHANNELS[index + 1],
            weights: &convolution.weight,
            bias: &convolution.bias,
            pool: if BLOCK_ENDS.contains(&(index + 1)) { Pool::Max2x2 } else { Pool::None },
        })
        .collect();
    Trunk::new(&layers, (size, size), precision, isa::current())
}

/// `conv3_1` for the fifth convolution.
fn layer_name(index: usize) -> String {
    let block = BLOCK_ENDS.iter().filter(|&&end| end <= index).count();
    let first = block.checked_sub(1).map_or(0, |before| BLOCK_ENDS[before]);
    format!("conv{}_{}", block + 1, index - first + 1)
}
