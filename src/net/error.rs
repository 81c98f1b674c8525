//! What can go wrong in the network: sizes that do not fit.

/// The network was asked for something that its shapes do not allow.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A pool would leave an empty map.
    #[error(
        "images of {height} x {width} pixels are too small for depth {depth}: expected at least {least} pixels a side"
    )]
    TooSmall {
        /// Height of the image in pixels.
        height: usize,
        /// Width of the image in pixels.
        width: usize,
        /// The depth asked for.
        depth: usize,
        /// The smallest side that leaves one pixel there.
        least: usize,
    },
    /// The depths of a frozen part are not in order or not in the base.
    #[error("a frozen part from depth {from} to depth {to}: expected `from <= to <= 13`")]
    Depths {
        /// Depth of its input.
        from: usize,
        /// Depth of its output.
        to: usize,
    },
    /// A tensor is not of the shape that its place in the network has.
    #[error("an activation of shape {found:?} where {expected:?} was expected (batch, channels, height, width)")]
    Shape {
        /// The shape of the place.
        expected: [usize; 4],
        /// The shape that came.
        found: [usize; 4],
    },
    /// A tensor's dims are not those that its type promises.
    #[error("an activation of shape {found:?} (batch, channels, height, width) does not fit `{expected}`")]
    Type {
        /// The type.
        expected: &'static str,
        /// The shape that came.
        found: [usize; 4],
    },
    /// Vectors of another width than a dense layer reads.
    #[error("vectors of {found} elements came to a dense layer that reads {expected}")]
    Width {
        /// What the layer reads.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// A convolution without parameters of its own was run: it lies in the frozen part.
    #[error("convolution {name} is frozen: it runs inside the frozen part and cannot be trained")]
    Frozen {
        /// Name of its tensors.
        name: &'static str,
    },
    /// dfdx refused, which for a CPU means that memory ran out.
    #[error("the tensor library failed: {0}")]
    Tensor(String),
}

impl NetError {
    /// What dfdx answered instead of a tensor.
    pub(super) fn tensor(error: impl std::fmt::Display) -> Self {
        Self::Tensor(error.to_string())
    }
}
