//! Small JPEG pictures as `data:` addresses, so that a page carries its own.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jpeg_encoder::{ColorType, Encoder};

use super::Pixels;

/// Good enough to see what is in the picture; a 112 px thumbnail takes about 4 kB.
const QUALITY: u8 = 78;

/// The picture, shrunk so that its longer side has at most `side` pixels, as a `data:` address.
/// None where the picture is empty or its bytes do not match its size.
pub fn data_uri(pixels: &Pixels, side: usize) -> Option<String> {
    let whole = pixels.width > 0 && pixels.height > 0 && pixels.rgb.len() == pixels.width * pixels.height * 3;
    let small = whole.then(|| shrunk(pixels, side))?;
    let mut jpeg = Vec::new();
    let (width, height) = (u16::try_from(small.width).ok()?, u16::try_from(small.height).ok()?);
    Encoder::new(&mut jpeg, QUALITY).encode(&small.rgb, width, height, ColorType::Rgb).ok()?;
    Some(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)))
}

/// The picture with its longer side at most `side`, each pixel the mean of those it stands for.
fn shrunk(pixels: &Pixels, side: usize) -> Pixels {
    let longer = pixels.width.max(pixels.height);
    if longer <= side {
        return pixels.clone();
    }
    let scaled = |length: usize| (length * side / longer).max(1);
    let (width, height) = (scaled(pixels.width), scaled(pixels.height));
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            rgb.extend(mean(pixels, span(x, width, pixels.width), span(y, height, pixels.height)));
        }
    }
    Pixels { width, height, rgb }
}

/// The source pixels that target pixel `at` of `count` stands for.
fn span(at: usize, count: usize, source: usize) -> std::ops::Range<usize> {
    let start = at * source / count;
    start..((at + 1) * source / count).max(start + 1)
}

fn mean(pixels: &Pixels, xs: std::ops::Range<usize>, ys: std::ops::Range<usize>) -> [u8; 3] {
    let count = (xs.len() * ys.len()) as u32;
    let mut sums = [0u32; 3];
    for y in ys {
        for x in xs.clone() {
            let at = (y * pixels.width + x) * 3;
            (0..3).for_each(|channel| sums[channel] += u32::from(pixels.rgb[at + channel]));
        }
    }
    sums.map(|sum| ((sum + count / 2) / count) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_its_mean() {
        let wide = Pixels { width: 40, height: 10, rgb: [10, 20, 30].repeat(400) };
        let small = shrunk(&wide, 8);
        assert_eq!((small.width, small.height), (8, 2));
        assert_eq!(small.rgb, [10, 20, 30].repeat(16));
    }

    #[test]
    fn a_picture_whose_bytes_do_not_match_its_size_is_none() {
        assert_eq!(data_uri(&Pixels { width: 2, height: 2, rgb: vec![0; 3] }, 8), None);
        assert_eq!(data_uri(&Pixels { width: 0, height: 0, rgb: Vec::new() }, 8), None);
    }

    #[test]
    fn a_thumbnail_is_a_jpeg_data_address() {
        let uri = data_uri(&Pixels { width: 16, height: 16, rgb: vec![128; 768] }, 8).expect("a whole picture");
        assert!(uri.starts_with("data:image/jpeg;base64,/9j/"), "{uri}");
    }
}
