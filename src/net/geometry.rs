//! VGG16's base as numbers: how many channels and how large a map each depth has.
//!
//! A *depth* counts convolutions from the input. The activation at depth `d` is the output of convolution `d`, after its
//! ReLU and after the pool where one follows; depth 0 is the preprocessed image, depth 13 the bottleneck features.

/// Convolutions in the base; the largest depth.
pub const CONVOLUTIONS: usize = 13;

/// Channels at each depth, from the image (0) to the bottleneck features (13).
pub const CHANNELS: [usize; CONVOLUTIONS + 1] = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512];

/// The last depth of each block: a 2x2 max-pool follows that convolution.
pub const BLOCK_ENDS: [usize; 5] = [2, 4, 7, 10, 13];

/// Places of the convolutions in torchvision's `features`, whose tensors are named `features.{place}.weight` and `.bias`.
pub const TENSOR_INDICES: [usize; CONVOLUTIONS] = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

/// Pools between the image and `depth` (0..=13): how often height and width were halved.
pub fn pools_before(depth: usize) -> usize {
    BLOCK_ENDS.iter().filter(|&&end| end <= depth).count()
}

/// `[channels, height, width]` of the activation at `depth` (0..=13) for an image of `height` x `width` pixels.
///
/// A side of 0 means that the image is too small for the pools before that depth.
pub fn shape_at(depth: usize, height: usize, width: usize) -> [usize; 3] {
    let pools = pools_before(depth);
    [CHANNELS[depth], height >> pools, width >> pools]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bottleneck_features_have_the_published_shapes() {
        assert_eq!(shape_at(13, 150, 150), [512, 4, 4]);
        assert_eq!(shape_at(13, 224, 224), [512, 7, 7]);
        assert_eq!(shape_at(13, 331, 200), [512, 10, 6]);
    }

    #[test]
    fn depth_zero_is_the_image_and_ten_the_input_of_block_five() {
        assert_eq!(shape_at(0, 150, 100), [3, 150, 100]);
        assert_eq!(shape_at(10, 150, 150), [512, 9, 9]);
        assert_eq!(shape_at(9, 150, 150), [512, 18, 18]);
    }
}
