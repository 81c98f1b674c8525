//! A decoded image.

/// An RGB image, 8 bits a channel: `rgb[(y * width + x) * 3 + channel]`, the top row first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Rows, at least 1.
    pub height: usize,
    /// Columns, at least 1.
    pub width: usize,
    /// `height * width * 3` bytes.
    pub rgb: Vec<u8>,
}

impl Pixels {
    /// An image from its parts; `rgb` must hold `height * width * 3` bytes.
    pub fn new(height: usize, width: usize, rgb: Vec<u8>) -> Self {
        assert_eq!(rgb.len(), height * width * 3, "an RGB image has three bytes a pixel");
        assert!(height > 0 && width > 0, "an image has at least one pixel");
        Self { height, width, rgb }
    }

    /// The three bytes of one pixel.
    pub fn at(&self, y: usize, x: usize) -> [u8; 3] {
        let start = (y * self.width + x) * 3;
        [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
    }
}
