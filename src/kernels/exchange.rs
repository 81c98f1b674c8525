//! Between plain NCHW and the kernels' blocked layout.

use rayon::prelude::*;

use super::lanes::{LANES, bf16};
use super::layout::{Element, Shape};
use super::shared::Shared;

/// Copies NCHW images into the middle of a blocked activation.
///
/// # Safety
/// `to` holds `images` images of `shape`, and nobody else touches it; `from` is `images * channels * height * width`.
pub unsafe fn import(from: &[f32], images: usize, channels: usize, to: *mut u8, shape: Shape) {
    let to = Shared(to);
    let area = shape.size.0 * shape.size.1;
    (0..images * channels).into_par_iter().with_min_len(LANES).for_each(|index| {
        let (image, channel) = (index / channels, index % channels);
        for (pixel, &value) in from[index * area..][..area].iter().enumerate() {
            let at = place(&shape, image, channel, pixel);
            // SAFETY: every pixel of the image lies inside the shape, and every channel is written by one call.
            unsafe {
                match shape.element {
                    Element::F32 => to.get().cast::<f32>().add(at).write(value),
                    Element::Bf16 => to.get().cast::<u16>().add(at).write(bf16::round(value)),
                }
            }
        }
    });
}

/// Copies a blocked activation out into NCHW images.
///
/// # Safety
/// `from` holds as many images of `shape` as `to` has, and nobody writes to it.
pub unsafe fn export(from: *const u8, shape: Shape, channels: usize, to: &mut [f32]) {
    let from = Shared(from.cast_mut());
    let area = shape.size.0 * shape.size.1;
    to.par_chunks_mut(area).with_min_len(LANES).enumerate().for_each(|(index, plane)| {
        let (image, channel) = (index / channels, index % channels);
        for (pixel, value) in plane.iter_mut().enumerate() {
            let at = place(&shape, image, channel, pixel);
            // SAFETY: every pixel of the image lies inside the shape.
            *value = unsafe {
                match shape.element {
                    Element::F32 => from.get().cast::<f32>().add(at).read(),
                    Element::Bf16 => bf16::widen(from.get().cast::<u16>().add(at).read()),
                }
            };
        }
    });
}

/// The place of one number, counted in numbers.
fn place(shape: &Shape, image: usize, channel: usize, pixel: usize) -> usize {
    let at = (pixel / shape.size.1 + 1, pixel % shape.size.1 + 1);
    shape.offset(image, channel / LANES, at) + channel % LANES
}
