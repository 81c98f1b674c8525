//! The 2x2 max-pool between VGG's blocks.

use dfdx::nn::Module;

use super::cut::{Features, typed, untyped};
use super::{Backend, Halved, NetError, TapeOf};

/// The largest of each 2x2 window, stride 2: halves height and width, rounding down.
///
/// Sizes are types: what comes out is half of what went in.
///
/// ```compile_fail,E0308
/// use dfdx::prelude::*;
/// use frostline::net::{Fast, MaxPool2};
///
/// type Maps<const N: usize> = Tensor<(usize, Const<64>, Const<N>, Const<N>), f32, Cpu>;
///
/// fn wrong(maps: Maps<150>) -> Maps<74> {
///     MaxPool2::<Fast>::default().try_forward(maps).unwrap()
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MaxPool2<B>(std::marker::PhantomData<B>);

impl<B> Default for MaxPool2<B> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<const C: usize, H: Halved, W: Halved, B: Backend, T: TapeOf<B>> Module<Features<C, H, W, B, T>> for MaxPool2<B> {
    type Output = Features<C, H::Half, W::Half, B, T>;
    type Error = NetError;

    fn try_forward(&self, input: Features<C, H, W, B, T>) -> Result<Self::Output, NetError> {
        typed(B::max_pool2(untyped(input))?)
    }
}
