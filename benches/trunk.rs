//! VGG16's convolutions, forward only, on random pixels already in memory, as `extract.py` measures the peers. Prints
//! one JSON line.
//!
//! `cargo bench --bench trunk -- [--size 150] [--batch 16] [--precision f32|bf16|bf16_amx] [--threads N] [--isa NAME]`

mod measure;

use std::path::Path;

use frostline::net::{BaseWeights, FrozenSpec, Precision, frozen_base};
use frostline::rng::{Purpose, Stream};
use measure::{Seconds, on_threads, option, report, uniform};

/// Timed runs, as many as the peers'.
const RUNS: usize = 7;

fn main() {
    let (size, batch): (usize, usize) = (option("--size", 150), option("--batch", 16));
    let name: String = option("--precision", "f32".to_owned());
    let precision = match &name[..] {
        "f32" => Precision::F32,
        "bf16" => Precision::Bf16,
        "bf16_amx" => Precision::Bf16Amx,
        _ => panic!("`{name}` is no precision"),
    };
    let (threads, seconds) = on_threads(|| forward(size, batch, precision));
    let rates = seconds.rates(batch);
    report("extract", threads, &format!("\"precision\": \"{name}\", \"size\": {size}, \"batch\": {batch}, {rates}"));
}

fn forward(size: usize, batch: usize, precision: Precision) -> Seconds {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let weights = BaseWeights::read(&path).expect("the weights come with the sources");
    let spec = FrozenSpec { from: 0, to: 13, height: size, width: size, precision };
    let mut base = frozen_base(&weights, &spec).expect("the images are large enough");
    let images = uniform(&mut Stream::new(0, Purpose::Init, 0, 0), batch * 3 * size * size, -120.0, 130.0);
    let mut features = vec![0.0; batch * base.output_shape().iter().product::<usize>()];
    Seconds::of(RUNS, || base.run(&images, batch, &mut features).expect("it computes"))
}
