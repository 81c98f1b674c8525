//! The arithmetic's error on real photographs: features against the same network computed directly, in f64.
//!
//! `FROSTLINE_PROOF=full` takes more photographs.

use std::path::Path;

use frostline::data::{self, Filter, Preprocess, ScanOptions, Target};
use frostline::net::{
    BLOCK_ENDS, BaseWeights, CHANNELS, CONVOLUTIONS, Convolution, FrozenSpec, Precision, frozen_base,
};
use rayon::prelude::*;

/// What F(6x6) tiles reach, rounded up: the transforms' constants lose about two bits.
const F32_RELATIVE_L2: f64 = 6e-6;
/// About OpenVINO's own error in bf16: 6.6e-3 over 24 photographs, where the worst alone has 9.4e-3.
const BF16_RELATIVE_L2: f64 = 7.5e-3;
const BF16_COSINE: f64 = 0.9999;
/// Direct convolution has the rounding of its factors alone. Without what the weights of the first one leave, it would be 4.7e-3 at
/// 224 px, without what the pixels leave 8.0e-3.
const AMX_RELATIVE_L2: f64 = 4.4e-3;

/// Maps of one image, NCHW without the N.
struct Maps {
    values: Vec<f64>,
    size: usize,
}

/// Convolution, bias and ReLU, each sum in f64 over channels and taps in order.
fn convolved(input: &Maps, convolution: &Convolution) -> Maps {
    let Maps { values, size } = input;
    let (area, wide) = (size * size, size + 2);
    let channels = values.len() / area;
    let mut bordered = vec![0.0; channels * wide * wide];
    for (plane, to) in values.chunks(area).zip(bordered.chunks_mut(wide * wide)) {
        for (row, to) in plane.chunks(*size).zip(to.chunks_mut(wide).skip(1)) {
            to[1..=*size].copy_from_slice(row);
        }
    }
    let mut out = vec![0.0; convolution.bias.len() * area];
    let filters = convolution.weight.par_chunks(channels * 9).zip(&convolution.bias);
    out.par_chunks_mut(area).zip(filters).for_each(|(out, (filters, &bias))| {
        for (plane, taps) in bordered.chunks(wide * wide).zip(filters.chunks(9)) {
            let taps: [f64; 9] = std::array::from_fn(|tap| f64::from(taps[tap]));
            for (y, out) in out.chunks_mut(*size).enumerate() {
                add_row(out, [0, 1, 2].map(|down| &plane[(y + down) * wide..][..wide]), &taps);
            }
        }
        out.iter_mut().for_each(|value| *value = (*value + f64::from(bias)).max(0.0));
    });
    Maps { values: out, size: *size }
}

fn add_row(out: &mut [f64], rows: [&[f64]; 3], taps: &[f64; 9]) {
    let [above, here, below] = rows.map(|row| &row[..out.len() + 2]);
    for (x, out) in out.iter_mut().enumerate() {
        *out += taps[0] * above[x] + taps[1] * above[x + 1] + taps[2] * above[x + 2];
        *out += taps[3] * here[x] + taps[4] * here[x + 1] + taps[5] * here[x + 2];
        *out += taps[6] * below[x] + taps[7] * below[x + 1] + taps[8] * below[x + 2];
    }
}

fn pooled(Maps { values, size }: &Maps) -> Maps {
    let half = size / 2;
    let largest = |plane: &[f64], at: usize| {
        let (y, x) = (at / half * 2, at % half * 2);
        [(0, 0), (0, 1), (1, 0), (1, 1)]
            .map(|(down, right)| plane[(y + down) * size + x + right])
            .into_iter()
            .fold(0.0, f64::max)
    };
    let planes = values.chunks(size * size);
    let values = planes.flat_map(|plane| (0..half * half).map(move |at| largest(plane, at)).collect::<Vec<_>>());
    Maps { values: values.collect(), size: half }
}

fn exact(weights: &BaseWeights, photograph: &[f32], size: usize) -> Vec<f64> {
    let mut maps = Maps { values: photograph.iter().map(|&value| f64::from(value)).collect(), size };
    for (convolution, number) in weights.convolutions(0..CONVOLUTIONS).iter().zip(1..) {
        assert_eq!(convolution.bias.len(), CHANNELS[number]);
        maps = convolved(&maps, convolution);
        if BLOCK_ENDS.contains(&number) {
            maps = pooled(&maps);
        }
    }
    maps.values
}

fn photographs(count: usize, size: usize) -> Vec<f32> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/animals-vs-food/validation");
    let manifest = data::scan(&folder, &ScanOptions::default()).expect("the images that ship are whole");
    let target = Target { height: size, width: size, filter: Filter::Bilinear };
    let mut values = vec![0.0; count * 3 * size * size];
    let spread = manifest.images.iter().step_by(manifest.images.len() / count);
    for (image, values) in spread.zip(values.chunks_exact_mut(3 * size * size)) {
        let pixels = data::load_file(&manifest.path_of(image), &target).expect("the images that ship are whole");
        Preprocess::Caffe.from_u8(&pixels.rgb, values);
    }
    values
}

struct Error {
    relative_l2: f64,
    cosine: f64,
}

fn error(found: &[f32], exact: &[f64]) -> Error {
    let pairs = || found.iter().map(|&value| f64::from(value)).zip(exact.iter().copied());
    let sum = |term: &dyn Fn(f64, f64) -> f64| pairs().map(|(found, exact)| term(found, exact)).sum::<f64>();
    let squares = sum(&|_, exact| exact * exact);
    Error {
        relative_l2: (sum(&|found, exact| (found - exact).powi(2)) / squares).sqrt(),
        cosine: sum(&|found, exact| found * exact) / (squares * sum(&|found, _| found * found)).sqrt(),
    }
}

/// Holds the features of some photographs to the bounds, in each precision.
fn features_are_near_the_exact_ones(size: usize) {
    let count = if std::env::var("FROSTLINE_PROOF").is_ok_and(|proof| proof == "full") { 24 } else { 3 };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let weights = BaseWeights::read(&path).expect("the weights that ship are whole");
    let photographs = photographs(count, size);
    let exact: Vec<Vec<f64>> =
        photographs.chunks(3 * size * size).map(|photograph| exact(&weights, photograph, size)).collect();
    let [single, short, tiled] = [Precision::F32, Precision::Bf16, Precision::Bf16Amx].map(|precision| {
        let spec = FrozenSpec { from: 0, to: CONVOLUTIONS, height: size, width: size, precision };
        let mut base = frozen_base(&weights, &spec).expect("the size is large enough");
        let mut features = vec![0.0; exact.concat().len()];
        base.run(&photographs, count, &mut features).expect("as many images as there are");
        let each = features.chunks(exact[0].len()).zip(&exact).map(|(found, exact)| error(found, exact)).collect();
        (error(&features, &exact.concat()).relative_l2, each)
    });
    report(size, "f32", &single);
    report(size, "bf16", &short);
    report(size, "bf16_amx", &tiled);
    assert!(single.1.iter().all(|error| error.relative_l2 <= F32_RELATIVE_L2));
    for ((all, each), bound) in [(short, BF16_RELATIVE_L2), (tiled, AMX_RELATIVE_L2)] {
        assert!(all <= bound && each.iter().all(|error| error.cosine >= BF16_COSINE));
    }
}

fn report(size: usize, precision: &str, (all, each): &(f64, Vec<Error>)) {
    let largest = each.iter().map(|error| error.relative_l2).fold(0.0, f64::max);
    let cosine = each.iter().map(|error| error.cosine).fold(1.0, f64::min);
    let count = each.len();
    println!(
        "{size} px, {precision}, {count} photographs: {all:.2e}, at most {largest:.2e}, cosine at least {cosine:.6}"
    );
}

#[test]
fn features_of_photographs_at_150_pixels_are_near_the_exact_ones() {
    features_are_near_the_exact_ones(150);
}

#[test]
fn features_of_photographs_at_224_pixels_are_near_the_exact_ones() {
    features_are_near_the_exact_ones(224);
}
