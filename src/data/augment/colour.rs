//! Shifts and factors on all values of an image, as Keras and Pillow compute them.

/// Adds `shift` to every value and keeps it in the range that the image had: Keras' `apply_channel_shift`.
pub fn shift_channels(rgb: &mut [f32], shift: f64) {
    let (lowest, highest) = range(rgb);
    rgb.iter_mut().for_each(|value| *value = (*value + shift as f32).clamp(lowest, highest));
}

/// Keras' `apply_brightness_shift` with `scale = False`: to bytes, Pillow's `ImageEnhance.Brightness`, and back. Only
/// an image that leaves 0..=255 is scaled to it first, and back afterwards.
pub fn brighten(rgb: &mut [f32], factor: f64) {
    let (lowest, highest) = range(rgb);
    let outside = lowest < 0.0 || highest > 255.0;
    if outside {
        stretch(rgb, lowest);
    }
    rgb.iter_mut().for_each(|value| *value = f32::from(blend_with_black(*value as u8, factor as f32)));
    if outside {
        rgb.iter_mut().for_each(|value| *value = *value / 255.0 * (highest - lowest) + lowest);
    }
}

/// Keras' `array_to_img` with `scale = True`.
fn stretch(rgb: &mut [f32], lowest: f32) {
    rgb.iter_mut().for_each(|value| *value -= lowest);
    let (_, highest) = range(rgb);
    for value in rgb {
        if highest != 0.0 {
            *value /= highest;
        }
        *value *= 255.0;
    }
}

/// Pillow's `ImagingBlend` of black and a value.
fn blend_with_black(value: u8, factor: f32) -> u8 {
    (factor * f32::from(value)).clamp(0.0, 255.0) as u8
}

fn range(values: &[f32]) -> (f32, f32) {
    values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}
