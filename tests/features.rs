//! Bottleneck features against Keras with the same weights (tests/golden/features/make.py), on PNG images.

mod device;

use std::path::{Path, PathBuf};

use frostline::data::{self, Filter, Preprocess, Target};
use frostline::net::{self, BaseWeights, CONVOLUTIONS, Engine, FrozenSpec, Precision};

/// The golden files hold every STRIDE-th value.
const STRIDE: usize = 7;
/// f32 arithmetic in another order differs by some 1e-6 relative; 1e-4 would show any real
/// difference in resizing, preprocessing or a layer.
const RELATIVE_L2: f64 = 1e-4;
const COSINE: f64 = 0.99999;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/features")
}

fn features(size: usize, preprocess: Preprocess) -> Vec<f32> {
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let weights = BaseWeights::read(&weights).expect("the weights that ship are whole");
    let spec = FrozenSpec { from: 0, to: CONVOLUTIONS, height: size, width: size, precision: Precision::F32 };
    let mut base =
        net::frozen_base_on(device::under_test(Engine::Fast), &weights, &spec).expect("the size is large enough");
    let target = Target { height: size, width: size, filter: Filter::Bilinear };
    let mut images = vec![0.0; 2 * 3 * size * size];
    for (name, values) in ["a.png", "b.png"].iter().zip(images.chunks_exact_mut(3 * size * size)) {
        let pixels = data::load_file(&golden().join(name), &target).expect("a PNG that make.py wrote");
        preprocess.from_u8(&pixels.rgb, values);
    }
    let mut out = vec![0.0; 2 * base.output_shape().iter().product::<usize>()];
    base.run(&images, 2, &mut out).expect("two images");
    out
}

fn keras(size: usize, preprocess: &str) -> Vec<f32> {
    let bytes = std::fs::read(golden().join(format!("features-{preprocess}-{size}.f32"))).expect("a golden file");
    bytes.chunks_exact(4).map(|value| f32::from_le_bytes([value[0], value[1], value[2], value[3]])).collect()
}

fn agree(size: usize, preprocess: Preprocess, name: &str) {
    let ours: Vec<f32> = features(size, preprocess).into_iter().step_by(STRIDE).collect();
    let theirs = keras(size, name);
    assert_eq!(ours.len(), theirs.len());
    let per_image = ours.len().div_ceil(2);
    for (ours, theirs) in ours.chunks(per_image).zip(theirs.chunks(per_image)) {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let cosine = dot(ours, theirs) / (dot(ours, ours) * dot(theirs, theirs)).sqrt();
        let difference: Vec<f32> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
        let relative = (dot(&difference, &difference) / dot(theirs, theirs)).sqrt();
        assert!(cosine >= COSINE && relative <= RELATIVE_L2, "{name} {size}: cosine {cosine}, relative {relative:e}");
    }
}

#[test]
fn features_at_150_pixels_are_those_of_keras() {
    agree(150, Preprocess::Unit, "unit");
    agree(150, Preprocess::Caffe, "caffe");
}

#[test]
fn features_at_224_pixels_are_those_of_keras() {
    agree(224, Preprocess::Unit, "unit");
    agree(224, Preprocess::Caffe, "caffe");
}
