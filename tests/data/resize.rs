//! Resizing against Pillow; see `tests/golden/resize/make.py`.

use frostline::data::{Filter, resize};
use serde::Deserialize;

use super::patterns::noise;

#[derive(Debug, Deserialize)]
struct Case {
    source: [usize; 2],
    target: [usize; 2],
    filter: String,
    offset: usize,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../golden/resize/cases.json")).expect("the script writes JSON")
}

const PIXELS: &[u8] = include_bytes!("../golden/resize/pixels.bin");

#[test]
fn every_filter_gives_the_bytes_of_pillow() {
    for case in cases() {
        let filter = match case.filter.as_str() {
            "nearest" => Filter::Nearest,
            "bilinear" => Filter::Bilinear,
            "bicubic" => Filter::Bicubic,
            "lanczos" => Filter::Lanczos,
            other => panic!("unknown filter {other}"),
        };
        let [height, width] = case.target;
        let resized = resize(&noise(case.source[0], case.source[1]), height, width, filter);
        let expected = &PIXELS[case.offset..][..height * width * 3];
        let worst = resized.rgb.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert_eq!(worst, Some(0), "{case:?}");
    }
}
