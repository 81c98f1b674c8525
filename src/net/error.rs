//! What can go wrong in the network: sizes that do not fit, devices that are not there or too small.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::engine::CudaProblem;

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
    /// dfdx counts a tensor's elements on CUDA in 32 bits.
    #[error(
        "images of {height} x {width} pixels are too large for this device: a layer of one has more numbers than it can count"
    )]
    TooLarge {
        /// Height of the layer in pixels.
        height: usize,
        /// Width of the layer in pixels.
        width: usize,
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
    /// There is no such GPU.
    #[error(transparent)]
    Cuda(#[from] CudaProblem),
    /// A batch does not fit the device's memory.
    #[error("the device's memory does not hold this batch")]
    OutOfMemory,
    /// dfdx refused.
    #[error("the tensor library failed: {0}")]
    Tensor(String),
}

/// What CUDA's driver and cuBLAS call it when memory runs out.
const OUT_OF_MEMORY: [&str; 2] = ["CUDA_ERROR_OUT_OF_MEMORY", "CUBLAS_STATUS_ALLOC_FAILED"];

impl NetError {
    /// What dfdx answered instead of a tensor.
    pub(crate) fn tensor(error: impl std::fmt::Display) -> Self {
        Self::of_text(error.to_string())
    }

    fn of_text(text: String) -> Self {
        if OUT_OF_MEMORY.iter().any(|name| text.contains(name)) { Self::OutOfMemory } else { Self::Tensor(text) }
    }

    /// Does something on a device. dfdx panics in places where CUDA's memory runs out: that becomes an error, too.
    pub fn caught<R>(act: impl FnOnce() -> Result<R, Self>) -> Result<R, Self> {
        let panic = match catch_unwind(AssertUnwindSafe(act)) {
            Ok(result) => return result,
            Err(panic) => panic,
        };
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        match text.map(|text| Self::of_text(text.to_owned())) {
            Some(Self::OutOfMemory) => Err(Self::OutOfMemory),
            _ => resume_unwind(panic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_runs_out_is_told_from_other_failures_also_in_a_panic() {
        let driver = "Driver(DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\"))";
        assert!(matches!(NetError::tensor(driver), NetError::OutOfMemory));
        assert!(matches!(NetError::tensor("WrongNumElements"), NetError::Tensor(_)));
        let unwrapped = || -> Result<(), NetError> { panic!("called `Result::unwrap()` on an `Err` value: {driver}") };
        assert!(matches!(NetError::caught(unwrapped), Err(NetError::OutOfMemory)));
        assert!(std::panic::catch_unwind(|| NetError::caught(|| -> Result<(), NetError> { panic!("a bug") })).is_err());
    }
}
