//! The trained end of the base: the convolutions behind the cut, behind a border without types.

use dfdx::nn::Module;
use dfdx::shapes::{Dim, HasShape};
use dfdx::tensor::{NoneTape, OwnedTape};
use dfdx::tensor_ops::ReshapeTo;

use super::cut::Cut;
use super::frozen::large_enough;
use super::geometry::CONVOLUTIONS;
use super::size::SizeVisitor;
use super::{Backend, Base, BaseWeights, Halved, Maps, NetError, Rows, TapeOf, Trained};

/// The tape that training records on.
pub type Recording<B> = OwnedTape<f32, <B as Backend>::Device>;

/// Which convolutions are trained, and for which images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TailSpec {
    /// Depth of the input: the convolutions before it are frozen.
    pub frozen: usize,
    /// Height of the image in pixels.
    pub height: usize,
    /// Width of the image in pixels.
    pub width: usize,
}

/// The trained convolutions: from the activation at the cut to flattened bottleneck features.
pub trait Tail<B: Backend> {
    /// Forward on a tape.
    fn record(&self, input: Maps<B, Recording<B>>) -> Result<Rows<B, Recording<B>>, NetError>;

    /// Forward alone.
    fn compute(&self, input: Maps<B, NoneTape>) -> Result<Rows<B, NoneTape>, NetError>;

    /// The convolutions, in order.
    fn trained(&self) -> Vec<&dyn Trained>;

    /// The convolutions, in order.
    fn trained_mut(&mut self) -> Vec<&mut dyn Trained>;
}

/// Builds the trained end of the base: with static dims where the image's size is built in.
pub fn trained_tail<B: Backend>(
    device: &B::Device,
    weights: &BaseWeights,
    spec: TailSpec,
) -> Result<Box<dyn Tail<B>>, NetError> {
    if spec.frozen > CONVOLUTIONS {
        return Err(NetError::Depths { from: 0, to: spec.frozen });
    }
    large_enough(CONVOLUTIONS, spec.height, spec.width)?;
    let base = Base::<B>::thawed_from(device, weights, spec.frozen);
    Ok(B::at_size(spec.height, spec.width, Build { base, frozen: spec.frozen }))
}

struct Build<B: Backend> {
    base: Base<B>,
    frozen: usize,
}

impl<B: Backend> SizeVisitor for Build<B> {
    type Output = Box<dyn Tail<B>>;

    fn visit<H: Halved, W: Halved>(self, height: H, width: W) -> Box<dyn Tail<B>> {
        Box::new(Sized { base: self.base, frozen: self.frozen, height, width })
    }
}

/// The trained end at one size.
struct Sized<H, W, B: Backend> {
    base: Base<B>,
    frozen: usize,
    height: H,
    width: W,
}

impl<H: Halved, W: Halved, B: Backend> Sized<H, W, B> {
    fn forward<T: TapeOf<B>>(&self, input: Maps<B, T>) -> Result<Rows<B, T>, NetError> {
        let features = self.base.try_forward(Cut::at(self.frozen, self.height, self.width, input)?)?;
        let &(batch, channels, height, width) = features.shape();
        let width = channels.size() * height.size() * width.size();
        features.try_reshape_like(&(batch, width)).map_err(NetError::tensor)
    }
}

impl<H: Halved, W: Halved, B: Backend> Tail<B> for Sized<H, W, B> {
    fn record(&self, input: Maps<B, Recording<B>>) -> Result<Rows<B, Recording<B>>, NetError> {
        self.forward(input)
    }

    fn compute(&self, input: Maps<B, NoneTape>) -> Result<Rows<B, NoneTape>, NetError> {
        self.forward(input)
    }

    fn trained(&self) -> Vec<&dyn Trained> {
        self.base.trained().collect()
    }

    fn trained_mut(&mut self) -> Vec<&mut dyn Trained> {
        self.base.trained_mut().collect()
    }
}
