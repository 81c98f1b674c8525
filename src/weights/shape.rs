//! The channel counts of a VGG16 base: the real ones, and those of the small variants that tests use.

use std::fmt;

/// Convolutions of the base, counted from the input.
pub const CONVOLUTIONS: usize = 13;

/// How many convolutions have been passed where a 2x2 max-pool follows, counted from 1.
pub const POOL_AFTER: [usize; 5] = [2, 4, 7, 10, 13];

/// The input's channels and, in order, the output channels of the 13 convolutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VggShape(pub [usize; CONVOLUTIONS + 1]);

impl VggShape {
    /// VGG16 (Simonyan and Zisserman 2014, configuration D).
    pub const VGG16: Self = Self([3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]);

    /// Channels of the input and of the output of a convolution, counted from 0.
    pub fn channels(&self, convolution: usize) -> (usize, usize) {
        (self.0[convolution], self.0[convolution + 1])
    }

    /// Parameters: weights and biases.
    pub fn parameters(&self) -> usize {
        (0..CONVOLUTIONS).map(|index| self.channels(index)).map(|(inputs, outputs)| outputs * (inputs * 9 + 1)).sum()
    }
}

impl fmt::Display for VggShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&words.join("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vgg16_has_the_published_number_of_parameters() {
        assert_eq!(VggShape::VGG16.parameters(), 14_714_688);
    }
}
