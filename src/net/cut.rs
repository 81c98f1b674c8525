//! Activations by depth: where a network is cut in two, each depth has its own type.

use dfdx::shapes::{Const, HasShape, Shape};
use dfdx::tensor::{Storage, Tape, Tensor};
use dfdx::tensor_ops::RealizeTo;

use super::block::{BlockInput, Entry};
use super::geometry::{CONVOLUTIONS, shape_at};
use super::{Backend, Half1, Half2, Half3, Half4, Half5, Halved, Maps, NetError, TapeOf};

/// A batch of maps with `C` channels, `[batch, C, height, width]`.
pub type Features<const C: usize, H, W, B, T> = Tensor<(usize, Const<C>, H, W), f32, <B as Backend>::Device, T>;

/// The activation at some depth, typed by the block that it enters. `H` and `W` are those of the image.
#[derive(Clone, Debug)]
pub enum Cut<H: Halved, W: Halved, B: Backend, T> {
    /// The image, or block 1's inside.
    Block1(BlockInput<3, 64, H, W, B, T>),
    /// Block 1's output, or block 2's inside.
    Block2(BlockInput<64, 128, Half1<H>, Half1<W>, B, T>),
    /// Block 2's output, or block 3's inside.
    Block3(BlockInput<128, 256, Half2<H>, Half2<W>, B, T>),
    /// Block 3's output, or block 4's inside.
    Block4(BlockInput<256, 512, Half3<H>, Half3<W>, B, T>),
    /// Block 4's output, or block 5's inside.
    Block5(BlockInput<512, 512, Half4<H>, Half4<W>, B, T>),
    /// The bottleneck features.
    Bottleneck(Features<512, Half5<H>, Half5<W>, B, T>),
}

impl<H: Halved, W: Halved, B: Backend, T: TapeOf<B>> Cut<H, W, B, T> {
    /// Types an activation at `depth` (0..=13) of images of `height` x `width` pixels.
    ///
    /// Errs when its shape is another than that depth has.
    pub fn at(depth: usize, height: H, width: W, maps: Maps<B, T>) -> Result<Self, NetError> {
        check(depth, height.size(), width.size(), maps.shape().concrete())?;
        Ok(match depth {
            0 => Cut::Block1(Entry::Before(typed(maps)?)),
            1 => Cut::Block1(Entry::Within { done: 1, inner: typed(maps)? }),
            2 => Cut::Block2(Entry::Before(typed(maps)?)),
            3 => Cut::Block2(Entry::Within { done: 1, inner: typed(maps)? }),
            4 => Cut::Block3(Entry::Before(typed(maps)?)),
            5 | 6 => Cut::Block3(Entry::Within { done: depth - 4, inner: typed(maps)? }),
            7 => Cut::Block4(Entry::Before(typed(maps)?)),
            8 | 9 => Cut::Block4(Entry::Within { done: depth - 7, inner: typed(maps)? }),
            10 => Cut::Block5(Entry::Before(typed(maps)?)),
            11 | 12 => Cut::Block5(Entry::Within { done: depth - 10, inner: typed(maps)? }),
            _ => Cut::Bottleneck(typed(maps)?),
        })
    }

    /// The activation with its dims at run time.
    pub fn into_maps(self) -> Maps<B, T> {
        match self {
            Cut::Block1(entry) => from_entry(entry),
            Cut::Block2(entry) => from_entry(entry),
            Cut::Block3(entry) => from_entry(entry),
            Cut::Block4(entry) => from_entry(entry),
            Cut::Block5(entry) => from_entry(entry),
            Cut::Bottleneck(x) => untyped(x),
        }
    }
}

/// An activation before a block, or within it.
type Either<S, Z, D, T> = Entry<Tensor<S, f32, D, T>, Tensor<Z, f32, D, T>>;

/// The tensor of either case, with its dims at run time.
fn from_entry<S, Z, D, T>(entry: Either<S, Z, D, T>) -> Untyped<D, T>
where
    S: Shape<Concrete = [usize; 4]>,
    Z: Shape<Concrete = [usize; 4]>,
    D: Storage<f32>,
    T: Tape<f32, D>,
{
    match entry {
        Entry::Before(x) => untyped(x),
        Entry::Within { inner, .. } => untyped(inner),
    }
}

type Untyped<D, T> = Tensor<(usize, usize, usize, usize), f32, D, T>;

/// Forgets what is known of a tensor's dims at compile time. The same tensor: same data, same place on the tape.
pub(super) fn untyped<S, D, T>(x: Tensor<S, f32, D, T>) -> Untyped<D, T>
where
    S: Shape<Concrete = [usize; 4]>,
    D: Storage<f32>,
    T: Tape<f32, D>,
{
    match x.try_realize() {
        Ok(x) => x,
        Err(_) => unreachable!("run-time dims take any size"),
    }
}

/// Asserts a tensor's dims as a type. The same tensor: same data, same place on the tape.
pub(super) fn typed<S, D, T>(x: Untyped<D, T>) -> Result<Tensor<S, f32, D, T>, NetError>
where
    S: Shape<Concrete = [usize; 4]>,
    D: Storage<f32>,
    T: Tape<f32, D>,
{
    x.try_realize().map_err(|x| NetError::Type { expected: std::any::type_name::<S>(), found: x.shape().concrete() })
}

fn check(depth: usize, height: usize, width: usize, found: [usize; 4]) -> Result<(), NetError> {
    assert!(depth <= CONVOLUTIONS, "a depth counts the base's thirteen convolutions");
    let [channels, rows, columns] = shape_at(depth, height, width);
    let expected = [found[0], channels, rows, columns];
    if found == expected { Ok(()) } else { Err(NetError::Shape { expected, found }) }
}
