//! VGG16's convolutional base as one type.

use dfdx::nn::Module;

use super::block::{Block2, Block3, Entry};
use super::conv3x3::Slot;
use super::cut::{Cut, Features};
use super::geometry::CONVOLUTIONS;
use super::{Backend, BaseWeights, Half5, Halved, InputGradient, NetError, TapeOf, Trained};

/// Thirteen convolutions in five blocks. Those that are trained have parameters; those before the cut hold places.
///
/// A module from the activation at a cut to the bottleneck features: `H` and `W` are the image's, and the compiler
/// follows them through the five pools.
///
/// ```
/// use dfdx::prelude::*;
/// use frostline::net::{Base, Cut, Fast, Features};
///
/// type Image<const N: usize> = Cut<Const<N>, Const<N>, Fast, NoneTape>;
///
/// fn forward(base: &Base<Fast>, image: Image<150>) -> Features<512, Const<4>, Const<4>, Fast, NoneTape> {
///     base.try_forward(image).expect("all layers have parameters")
/// }
/// ```
///
/// ```compile_fail,E0308
/// use dfdx::prelude::*;
/// use frostline::net::{Base, Cut, Fast, Features};
///
/// type Image<const N: usize> = Cut<Const<N>, Const<N>, Fast, NoneTape>;
///
/// fn wrong(base: &Base<Fast>, image: Image<150>) -> Features<512, Const<7>, Const<7>, Fast, NoneTape> {
///     base.try_forward(image).expect("all layers have parameters")
/// }
/// ```
#[derive(Debug)]
pub struct Base<B: Backend> {
    /// 3 -> 64 channels.
    pub block1: Block2<3, 64, B>,
    /// 64 -> 128 channels.
    pub block2: Block2<64, 128, B>,
    /// 128 -> 256 channels.
    pub block3: Block3<128, 256, B>,
    /// 256 -> 512 channels.
    pub block4: Block3<256, 512, B>,
    /// 512 channels.
    pub block5: Block3<512, 512, B>,
}

impl<B: Backend> Base<B> {
    /// A base whose first `frozen` convolutions (0..=13) hold places and whose others are trained from `weights`.
    pub fn thawed_from(device: &B::Device, weights: &BaseWeights, frozen: usize) -> Self {
        let mut base = Self {
            block1: Block2::frozen(["features.0", "features.2"]),
            block2: Block2::frozen(["features.5", "features.7"]),
            block3: Block3::frozen(["features.10", "features.12", "features.14"]),
            block4: Block3::frozen(["features.17", "features.19", "features.21"]),
            block5: Block3::frozen(["features.24", "features.26", "features.28"]),
        };
        for (index, slot) in base.slots_mut().into_iter().enumerate().skip(frozen) {
            let dx = if index == frozen { InputGradient::Unused } else { InputGradient::Needed };
            slot.thaw(device, weights.convolution(index), dx);
        }
        base
    }

    /// The trained convolutions, in order.
    pub fn trained(&self) -> impl Iterator<Item = &dyn Trained> {
        self.slots().into_iter().filter_map(Slot::trained)
    }

    /// The trained convolutions, in order.
    pub fn trained_mut(&mut self) -> impl Iterator<Item = &mut dyn Trained> {
        self.slots_mut().into_iter().filter_map(Slot::trained_mut)
    }

    fn slots(&self) -> [&Slot<B>; CONVOLUTIONS] {
        let Self { block1, block2, block3, block4, block5 } = self;
        [
            block1.conv1.slot(),
            block1.conv2.slot(),
            block2.conv1.slot(),
            block2.conv2.slot(),
            block3.conv1.slot(),
            block3.conv2.slot(),
            block3.conv3.slot(),
            block4.conv1.slot(),
            block4.conv2.slot(),
            block4.conv3.slot(),
            block5.conv1.slot(),
            block5.conv2.slot(),
            block5.conv3.slot(),
        ]
    }

    fn slots_mut(&mut self) -> [&mut Slot<B>; CONVOLUTIONS] {
        let Self { block1, block2, block3, block4, block5 } = self;
        [
            block1.conv1.slot_mut(),
            block1.conv2.slot_mut(),
            block2.conv1.slot_mut(),
            block2.conv2.slot_mut(),
            block3.conv1.slot_mut(),
            block3.conv2.slot_mut(),
            block3.conv3.slot_mut(),
            block4.conv1.slot_mut(),
            block4.conv2.slot_mut(),
            block4.conv3.slot_mut(),
            block5.conv1.slot_mut(),
            block5.conv2.slot_mut(),
            block5.conv3.slot_mut(),
        ]
    }
}

impl<H: Halved, W: Halved, B: Backend, T: TapeOf<B>> Module<Cut<H, W, B, T>> for Base<B> {
    type Output = Features<512, Half5<H>, Half5<W>, B, T>;
    type Error = NetError;

    fn try_forward(&self, cut: Cut<H, W, B, T>) -> Result<Self::Output, NetError> {
        self.enter(cut)
    }
}

impl<B: Backend> Base<B> {
    /// From one block into the next.
    fn enter<H: Halved, W: Halved, T: TapeOf<B>>(
        &self,
        cut: Cut<H, W, B, T>,
    ) -> Result<Features<512, Half5<H>, Half5<W>, B, T>, NetError> {
        match cut {
            Cut::Block1(x) => self.enter(Cut::<H, W, B, T>::Block2(Entry::Before(self.block1.try_forward(x)?))),
            Cut::Block2(x) => self.enter(Cut::<H, W, B, T>::Block3(Entry::Before(self.block2.try_forward(x)?))),
            Cut::Block3(x) => self.enter(Cut::<H, W, B, T>::Block4(Entry::Before(self.block3.try_forward(x)?))),
            Cut::Block4(x) => self.enter(Cut::<H, W, B, T>::Block5(Entry::Before(self.block4.try_forward(x)?))),
            Cut::Block5(x) => self.block5.try_forward(x),
            Cut::Bottleneck(x) => Ok(x),
        }
    }
}
