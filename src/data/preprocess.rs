//! Pixels to the numbers a network was trained on, as `keras.applications.imagenet_utils.preprocess_input` computes
//! them in single precision, from interleaved bytes (HWC) to planes (CHW).

/// How a network wants its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preprocess {
    /// RGB / 255.
    Unit,
    /// BGR minus the mean of ImageNet: what the original VGG16 weights expect.
    Caffe,
    /// RGB / 255, minus mean, over standard deviation of ImageNet.
    Torch,
}

const CAFFE_MEAN_BGR: [f32; 3] = [103.939, 116.779, 123.68];
const TORCH_MEAN_RGB: [f32; 3] = [0.485, 0.456, 0.406];
const TORCH_STD_RGB: [f32; 3] = [0.229, 0.224, 0.225];

impl Preprocess {
    /// Decoded pixels, `height * width * 3` interleaved RGB bytes, into as many floats in planes.
    pub fn from_u8(self, hwc: &[u8], chw: &mut [f32]) {
        let tables = self.tables();
        self.planes(hwc.len(), chw, |plane, channel, table| {
            let table = &tables[table];
            for (out, pixel) in plane.iter_mut().zip(hwc.chunks_exact(3)) {
                *out = table[usize::from(pixel[channel])];
            }
        });
    }

    /// Augmented pixels, `height * width * 3` interleaved RGB values in 0..=255, into as many floats in planes.
    pub fn from_f32(self, hwc: &[f32], chw: &mut [f32]) {
        self.planes(hwc.len(), chw, |plane, channel, out_channel| {
            for (out, pixel) in plane.iter_mut().zip(hwc.chunks_exact(3)) {
                *out = self.value(pixel[channel], out_channel);
            }
        });
    }

    /// Calls `fill(plane, channel in the pixel, channel in the output)` for the three output planes.
    fn planes(self, len: usize, chw: &mut [f32], mut fill: impl FnMut(&mut [f32], usize, usize)) {
        assert_eq!(len, chw.len(), "input and output hold three values a pixel");
        assert_eq!(len % 3, 0, "a pixel has three values");
        if len == 0 {
            return;
        }
        for (out_channel, plane) in chw.chunks_exact_mut(len / 3).enumerate() {
            let channel = match self {
                Self::Unit | Self::Torch => out_channel,
                Self::Caffe => 2 - out_channel,
            };
            fill(plane, channel, out_channel);
        }
    }

    /// One value; `channel` counts in the output's order.
    fn value(self, grey: f32, channel: usize) -> f32 {
        match self {
            Self::Unit => grey * (1.0 / 255.0),
            Self::Caffe => grey - CAFFE_MEAN_BGR[channel],
            Self::Torch => (grey / 255.0 - TORCH_MEAN_RGB[channel]) / TORCH_STD_RGB[channel],
        }
    }

    /// The value of each byte in each output channel.
    fn tables(self) -> [[f32; 256]; 3] {
        std::array::from_fn(|channel| std::array::from_fn(|grey| self.value(grey as f32, channel)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `keras.applications.imagenet_utils.preprocess_input` on the pixels (1, 2, 3) and (254, 255, 0), float32.
    #[test]
    fn the_three_kinds_give_the_numbers_of_keras() {
        let pixels = [1u8, 2, 3, 254, 255, 0];
        let mut out = [0.0; 6];
        Preprocess::Caffe.from_u8(&pixels, &mut out);
        assert_eq!(out, [-100.939, -103.939, -114.779, 138.22101, -122.68, 130.32]);
        Preprocess::Unit.from_u8(&pixels, &mut out);
        assert_eq!(out, [0.003921569, 0.9960785, 0.007843138, 1.0, 0.011764707, 0.0]);
        Preprocess::Torch.from_u8(&pixels, &mut out);
        assert_eq!(out[0], (1.0f32 / 255.0 - 0.485) / 0.229);
        assert_eq!(out[5], -0.406f32 / 0.225);
    }

    #[test]
    fn bytes_and_floats_give_the_same_numbers() {
        let bytes: Vec<u8> = (0..=254).collect();
        let floats: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte)).collect();
        for kind in [Preprocess::Unit, Preprocess::Caffe, Preprocess::Torch] {
            let (mut left, mut right) = (vec![0.0; 255], vec![0.0; 255]);
            kind.from_u8(&bytes, &mut left);
            kind.from_f32(&floats, &mut right);
            assert_eq!(left, right);
        }
    }
}
