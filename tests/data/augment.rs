//! Augmentation against Keras; see `tests/golden/augment/make.py`.

use frostline::data::{Augment, Fill, Transform};
use serde::Deserialize;

use super::patterns::{noise, smooth};

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    size: [usize; 2],
    pattern: String,
    fill: String,
    cval: f64,
    theta: f64,
    tx: f64,
    ty: f64,
    shear: f64,
    zx: f64,
    zy: f64,
    flip_horizontal: bool,
    flip_vertical: bool,
    channel_shift_intensity: Option<f64>,
    brightness: Option<f64>,
    matrix: Option<[f64; 6]>,
    offset: usize,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../golden/augment/cases.json")).expect("the script writes JSON")
}

const PIXELS: &[u8] = include_bytes!("../golden/augment/pixels.bin");

impl Case {
    fn transform(&self) -> Transform {
        Transform {
            rotation: self.theta,
            shift: [self.tx, self.ty],
            shear: self.shear,
            zoom: [self.zx, self.zy],
            flip_horizontal: self.flip_horizontal,
            flip_vertical: self.flip_vertical,
            channel_shift: self.channel_shift_intensity,
            brightness: self.brightness,
        }
    }

    fn settings(&self) -> Augment {
        let fill = match self.fill.as_str() {
            "nearest" => Fill::Nearest,
            "constant" => Fill::Constant,
            "reflect" => Fill::Reflect,
            "wrap" => Fill::Wrap,
            other => panic!("unknown fill {other}"),
        };
        Augment { fill, cval: self.cval, ..Augment::default() }
    }

    fn expected(&self) -> Vec<f32> {
        let bytes = &PIXELS[self.offset..][..self.size[0] * self.size[1] * 12];
        let (values, _) = bytes.as_chunks();
        values.iter().map(|&value| f32::from_le_bytes(value)).collect()
    }
}

/// The matrix product is rounded in another order than NumPy's: a few units in the last place of numbers below 100.
const MATRIX_TOLERANCE: f64 = 1e-12;

#[test]
fn matrices_are_those_of_keras() {
    for case in cases() {
        let matrix = case.transform().matrix(case.size[0], case.size[1]);
        match (matrix, case.matrix) {
            (Some(own), Some(keras)) => {
                let worst = own.iter().zip(keras).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(worst < MATRIX_TOLERANCE, "{case:?}: {own:?}");
            }
            (own, keras) => assert_eq!(own.is_some(), keras.is_some(), "{case:?}"),
        }
    }
}

/// Grey levels: what the matrix's last place does to a pixel, and the rounding to single precision.
const PIXEL_TOLERANCE: f32 = 1e-4;

#[test]
fn pixels_are_those_of_keras() {
    for case in cases() {
        let pixels = if case.pattern == "noise" { noise } else { smooth }(case.size[0], case.size[1]);
        let mut out = vec![f32::NAN; 3];
        case.settings().apply(&case.transform(), &pixels, &mut out);
        let expected = case.expected();
        assert_eq!(out.len(), expected.len(), "{case:?}");
        let worst = out.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < PIXEL_TOLERANCE, "{} {}: {worst}", case.name, case.fill);
    }
}
