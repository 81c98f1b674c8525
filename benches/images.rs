//! Milliseconds an image takes on its way to the network: decoding, resizing, varying, preprocessing.
//!
//! `cargo bench --bench images [-- FOLDER]` takes the JPEG files of a folder, or the photographs that ship.

use std::path::{Path, PathBuf};
use std::time::Instant;

use frostline::data::{Augment, Filter, OnBadImage, Pixels, Preprocess, ScanOptions, decode, resize, scan};

/// Images measured: enough for steady means, few enough to be held in memory.
const IMAGES: usize = 100;
const ROUNDS: usize = 3;

fn main() {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("data/animals-vs-food/train"));
    let options = ScanOptions { on_bad_image: OnBadImage::Skip, ..ScanOptions::default() };
    let manifest = scan(&folder, &options).expect("a folder of class folders");
    let images = manifest.images.iter().take(IMAGES);
    let files: Vec<Vec<u8>> = images.map(|image| std::fs::read(manifest.path_of(image)).expect("readable")).collect();
    let decoded: Vec<Pixels> = files.iter().map(|bytes| decode(bytes).expect("an image")).collect();
    let megapixels: usize = decoded.iter().map(|pixels| pixels.height * pixels.width).sum();
    println!("{} images of {:.2} megapixels", files.len(), megapixels as f64 / files.len() as f64 / 1e6);
    measure("decode", &files, |bytes| drop(decode(bytes)));
    for filter in [Filter::Nearest, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
        measure(&format!("resize {filter:?}"), &decoded, |pixels| drop(resize(pixels, 150, 150, filter)));
    }
    let small: Vec<Pixels> = decoded.iter().map(|pixels| resize(pixels, 150, 150, Filter::Nearest)).collect();
    let (mut varied, mut planes) = (Vec::new(), vec![0.0; 150 * 150 * 3]);
    measure("preprocess", &small, |pixels| Preprocess::Caffe.from_u8(&pixels.rgb, &mut planes));
    let blog = Augment { shear: 0.2, zoom: 0.2, horizontal_flip: true, ..Augment::default() };
    let all = Augment {
        rotation: 30.0,
        width_shift: 0.1,
        height_shift: 0.1,
        brightness: [0.8, 1.2],
        channel_shift: 20.0,
        ..blog.clone()
    };
    for (name, augment) in [("augment as the blog", blog), ("augment everything", all)] {
        let mut index = 0;
        measure(name, &small, |pixels| {
            index += 1;
            augment.apply(&augment.draw(0, 0, index, 150, 150), pixels, &mut varied);
        });
    }
    measure("preprocess varied", &small, |_| Preprocess::Caffe.from_f32(&varied, &mut planes));
}

/// Prints the best of some rounds, in milliseconds an item.
fn measure<T>(name: &str, items: &[T], mut work: impl FnMut(&T)) {
    let mut round = || {
        let start = Instant::now();
        items.iter().for_each(&mut work);
        start.elapsed().as_secs_f64() * 1e3 / items.len() as f64
    };
    let best = (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min);
    println!("{name:22} {best:.3} ms");
}
