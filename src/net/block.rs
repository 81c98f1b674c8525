//! VGG's blocks: two or three convolutions and a pool.

use dfdx::nn::Module;

use super::cut::Features;
use super::{Backend, Conv3x3, Halved, MaxPool2, NetError, TapeOf};

/// Where an activation enters a block: before it, or behind one of its convolutions that a frozen part has done.
#[derive(Clone, Debug)]
pub enum Entry<Input, Inner> {
    /// The output of the block before.
    Before(Input),
    /// The output of the block's first `done` convolutions.
    Within {
        /// Convolutions of this block that are done.
        done: usize,
        /// What they gave.
        inner: Inner,
    },
}

/// Two convolutions and a pool: blocks 1 and 2.
#[derive(Debug)]
pub struct Block2<const I: usize, const O: usize, B: Backend> {
    /// From `I` channels to `O`.
    pub conv1: Conv3x3<I, O, B>,
    /// Within `O` channels.
    pub conv2: Conv3x3<O, O, B>,
    /// Halves height and width.
    pub pool: MaxPool2<B>,
}

/// Three convolutions and a pool: blocks 3, 4 and 5.
#[derive(Debug)]
pub struct Block3<const I: usize, const O: usize, B: Backend> {
    /// From `I` channels to `O`.
    pub conv1: Conv3x3<I, O, B>,
    /// Within `O` channels.
    pub conv2: Conv3x3<O, O, B>,
    /// Within `O` channels.
    pub conv3: Conv3x3<O, O, B>,
    /// Halves height and width.
    pub pool: MaxPool2<B>,
}

/// What may enter a block: maps of `I` channels before it, of `O` channels within it.
pub type BlockInput<const I: usize, const O: usize, H, W, B, T> =
    Entry<Features<I, H, W, B, T>, Features<O, H, W, B, T>>;

impl<const I: usize, const O: usize, H: Halved, W: Halved, B: Backend, T: TapeOf<B>>
    Module<BlockInput<I, O, H, W, B, T>> for Block2<I, O, B>
{
    type Output = Features<O, H::Half, W::Half, B, T>;
    type Error = NetError;

    fn try_forward(&self, input: BlockInput<I, O, H, W, B, T>) -> Result<Self::Output, NetError> {
        let x = match input {
            Entry::Before(x) => self.conv1.try_forward(x)?,
            Entry::Within { inner, .. } => inner,
        };
        self.pool.try_forward(self.conv2.try_forward(x)?)
    }
}

impl<const I: usize, const O: usize, H: Halved, W: Halved, B: Backend, T: TapeOf<B>>
    Module<BlockInput<I, O, H, W, B, T>> for Block3<I, O, B>
{
    type Output = Features<O, H::Half, W::Half, B, T>;
    type Error = NetError;

    fn try_forward(&self, input: BlockInput<I, O, H, W, B, T>) -> Result<Self::Output, NetError> {
        let (done, x) = match input {
            Entry::Before(x) => (1, self.conv1.try_forward(x)?),
            Entry::Within { done, inner } => (done, inner),
        };
        let x = if done < 2 { self.conv2.try_forward(x)? } else { x };
        self.pool.try_forward(self.conv3.try_forward(x)?)
    }
}

impl<const I: usize, const O: usize, B: Backend> Block2<I, O, B> {
    /// A block whose layers, named by `names`, only hold their places.
    pub fn frozen(names: [&'static str; 2]) -> Self {
        let [first, second] = names;
        Self { conv1: Conv3x3::frozen(first), conv2: Conv3x3::frozen(second), pool: MaxPool2::default() }
    }
}

impl<const I: usize, const O: usize, B: Backend> Block3<I, O, B> {
    /// A block whose layers, named by `names`, only hold their places.
    pub fn frozen(names: [&'static str; 3]) -> Self {
        let [first, second, third] = names;
        Self {
            conv1: Conv3x3::frozen(first),
            conv2: Conv3x3::frozen(second),
            conv3: Conv3x3::frozen(third),
            pool: MaxPool2::default(),
        }
    }
}
