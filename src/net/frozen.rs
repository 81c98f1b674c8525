//! The frozen part: convolutions that are computed once per image and never trained.

use dfdx::nn::Module;

use super::cut::Cut;
use super::geometry::{CONVOLUTIONS, pools_before, shape_at};
use super::size::SizeVisitor;
use super::{Backend, BaseWeights, Engine, EngineVisitor, Halved, NetError, PrefixSpec, TapeOf, in_halves};

/// Arithmetic of the frozen part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats throughout.
    #[default]
    F32,
    /// Products of bfloat16 summed in f32.
    Bf16,
    /// Products of bfloat16 summed as a tile unit (AMX) does.
    Bf16Amx,
}

/// Which part of the base is frozen, and for which images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrozenSpec {
    /// Depth of the input: 0 for images, more for stored activations.
    pub from: usize,
    /// Depth of the output.
    pub to: usize,
    /// Height of the image in pixels.
    pub height: usize,
    /// Width of the image in pixels.
    pub width: usize,
    /// Arithmetic.
    pub precision: Precision,
}

impl FrozenSpec {
    /// Errs where the depths are not in order, or the images too small for them.
    pub fn check(&self) -> Result<(), NetError> {
        let &Self { from, to, height, width, .. } = self;
        if from > to || to > CONVOLUTIONS {
            return Err(NetError::Depths { from, to });
        }
        large_enough(to, height, width)
    }
}

/// Errs where images of this size leave nothing at `depth`.
pub(super) fn large_enough(depth: usize, height: usize, width: usize) -> Result<(), NetError> {
    let least = 1 << pools_before(depth);
    if height.min(width) < least { Err(NetError::TooSmall { height, width, depth, least }) } else { Ok(()) }
}

/// A frozen run of convolutions as one module: from the activation at one depth to that at another.
///
/// Inside, activations keep the kernels' own layout from layer to layer. No backward operation is registered, so a tape
/// that flows through begins behind it.
#[derive(Debug)]
pub struct FrozenPrefix<H, W, B: Backend> {
    prefix: Option<B::Prefix>,
    to: usize,
    height: H,
    width: W,
}

impl<H: Halved, W: Halved, B: Backend> FrozenPrefix<H, W, B> {
    /// Prepares the run that `spec` names, for images of the given size (which must be that of `spec`).
    pub fn new(device: &B::Device, weights: &BaseWeights, spec: &FrozenSpec, height: H, width: W) -> Self {
        let [_, rows, columns] = shape_at(spec.from, height.size(), width.size());
        let convolutions = weights.convolutions(spec.from..spec.to);
        let run = PrefixSpec { convolutions, from: spec.from, height: rows, width: columns, precision: spec.precision };
        let prefix = (spec.from < spec.to).then(|| B::prefix(device, &run));
        Self { prefix, to: spec.to, height, width }
    }
}

impl<H: Halved, W: Halved, B: Backend, T: TapeOf<B>> Module<Cut<H, W, B, T>> for FrozenPrefix<H, W, B> {
    type Output = Cut<H, W, B, T>;
    type Error = NetError;

    fn try_forward(&self, input: Cut<H, W, B, T>) -> Result<Self::Output, NetError> {
        let Some(prefix) = &self.prefix else { return Ok(input) };
        Cut::at(self.to, self.height, self.width, B::run_prefix(prefix, input.into_maps())?)
    }
}

/// A frozen part behind slices: what the stages hold.
pub trait FrozenBase {
    /// `[channels, height, width]` of one input.
    fn input_shape(&self) -> [usize; 3];

    /// `[channels, height, width]` of one output.
    fn output_shape(&self) -> [usize; 3];

    /// Computes a batch: `input` is `batch` inputs, `out` is `batch` outputs, both NCHW.
    fn run(&mut self, input: &[f32], batch: usize, out: &mut [f32]) -> Result<(), NetError>;
}

/// Prepares a frozen part for the kernels: with static dims where the image's size is built in, with run-time dims
/// otherwise.
pub fn frozen_base(weights: &BaseWeights, spec: &FrozenSpec) -> Result<Box<dyn FrozenBase>, NetError> {
    frozen_base_on(Engine::Fast, weights, spec)
}

/// As [`frozen_base`], for any engine.
pub fn frozen_base_on(
    engine: Engine,
    weights: &BaseWeights,
    spec: &FrozenSpec,
) -> Result<Box<dyn FrozenBase>, NetError> {
    spec.check()?;
    engine.visit(On { weights, spec })
}

struct On<'a> {
    weights: &'a BaseWeights,
    spec: &'a FrozenSpec,
}

impl EngineVisitor for On<'_> {
    type Output = Box<dyn FrozenBase>;

    fn visit<B: Backend>(self, device: B::Device) -> Box<dyn FrozenBase> {
        let On { weights, spec } = self;
        B::at_size(spec.height, spec.width, Build::<B> { weights, spec, device })
    }
}

struct Build<'a, B: Backend> {
    weights: &'a BaseWeights,
    spec: &'a FrozenSpec,
    device: B::Device,
}

impl<B: Backend> SizeVisitor for Build<'_, B> {
    type Output = Box<dyn FrozenBase>;

    fn visit<H: Halved, W: Halved>(self, height: H, width: W) -> Box<dyn FrozenBase> {
        let Build { weights, spec, device } = self;
        let prefix = FrozenPrefix::<H, W, B>::new(&device, weights, spec, height, width);
        Box::new(Sized { prefix, device, from: spec.from })
    }
}

/// A frozen part at one size.
struct Sized<H, W, B: Backend> {
    prefix: FrozenPrefix<H, W, B>,
    device: B::Device,
    from: usize,
}

impl<H: Halved, W: Halved, B: Backend> FrozenBase for Sized<H, W, B> {
    fn input_shape(&self) -> [usize; 3] {
        shape_at(self.from, self.prefix.height.size(), self.prefix.width.size())
    }

    fn output_shape(&self) -> [usize; 3] {
        shape_at(self.prefix.to, self.prefix.height.size(), self.prefix.width.size())
    }

    /// A batch that the device's memory does not hold is computed in halves: frozen, an image's result is its own.
    fn run(&mut self, input: &[f32], batch: usize, out: &mut [f32]) -> Result<(), NetError> {
        in_halves(input, batch, out, &mut |input, _, out| NetError::caught(|| self.run_whole(input, out)))
    }
}

impl<H: Halved, W: Halved, B: Backend> Sized<H, W, B> {
    fn run_whole(&self, input: &[f32], out: &mut [f32]) -> Result<(), NetError> {
        match &self.prefix.prefix {
            Some(prefix) => B::read_prefix(prefix, &self.device, (input, self.input_shape()), out),
            None => {
                out.copy_from_slice(input);
                Ok(())
            }
        }
    }
}
