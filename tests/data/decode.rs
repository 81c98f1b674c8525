//! Decoding against Pillow; see `tests/golden/decode/make.py`.

use std::io::Read;
use std::path::PathBuf;

use frostline::data::decode;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Case {
    file: String,
    size: [usize; 2],
    offset: usize,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decode")
}

/// Grey levels, at most and on average. Only JPEG leaves anything to the decoder: the rounding of the transform, and how
/// subsampled colour is interpolated.
fn tolerance(file: &str) -> (u8, f64) {
    let subsampled = ["420", "422", "restarts", "photo"].iter().any(|kind| file.contains(kind));
    match file.rsplit('.').next() {
        Some("jpg") if subsampled => (6, 0.5),
        Some("jpg") => (2, 0.05),
        _ => (0, 0.0),
    }
}

#[test]
fn odd_formats_show_what_pillow_sees() {
    let folder = folder();
    let cases = std::fs::read_to_string(folder.join("cases.json")).expect("committed");
    let cases: Vec<Case> = serde_json::from_str(&cases).expect("the script writes JSON");
    let packed = std::fs::read(folder.join("pixels.bin")).expect("committed");
    let mut expected = Vec::new();
    flate2::read::ZlibDecoder::new(packed.as_slice()).read_to_end(&mut expected).expect("the script packs it");
    let mut wrong = Vec::new();
    for case in cases {
        let bytes = std::fs::read(folder.join(&case.file)).expect("committed");
        let pixels = match decode(&bytes) {
            Ok(pixels) => pixels,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.file));
                continue;
            }
        };
        if [pixels.height, pixels.width] != case.size {
            wrong.push(format!("{}: {} x {}", case.file, pixels.height, pixels.width));
            continue;
        }
        let expected = &expected[case.offset..][..pixels.rgb.len()];
        let apart = pixels.rgb.iter().zip(expected).map(|(a, b)| a.abs_diff(*b));
        let (worst, sum) = apart.fold((0, 0.0), |(worst, sum), d| (d.max(worst), sum + f64::from(d)));
        let mean = sum / pixels.rgb.len() as f64;
        let (most, average) = tolerance(&case.file);
        if worst > most || mean > average {
            wrong.push(format!("{}: apart by at most {worst}, on average {mean:.3}", case.file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
