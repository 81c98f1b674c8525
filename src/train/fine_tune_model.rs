//! The trained end of the base with the top on it, on activations at the cut.

use dfdx::nn::{Module, ModuleMut};
use dfdx::tensor::{Cpu, NoneTape, PutTape, TensorFromVec};

use super::import::{ModelError, NamedTensor};
use super::model::{Model, Network, Recorded};
use super::top_model::parameters;
use crate::net::{
    Backend, BaseWeights, CONVOLUTIONS, Engine, EngineVisitor, Fast, InputGradient, Maps, MaskKey, NetError, Rows,
    Tail, TailSpec, Top, TopShape, Trained, shape_at, trained_tail,
};

/// What is fine-tuned, and for which images.
#[derive(Clone, Debug, PartialEq)]
pub struct FineTuneSpec {
    /// Convolutions that are frozen, from the input; the depth of a sample.
    pub frozen: usize,
    /// Height of the image in pixels.
    pub height: usize,
    /// Width of the image in pixels.
    pub width: usize,
    /// The top; its dropout may be another than the one it was trained with.
    pub top: TopShape,
}

/// Activations at the cut in, classes out.
pub struct FineTuneModel<B: Backend = Fast> {
    tail: Box<dyn Tail<B>>,
    top: Top<B>,
    spec: FineTuneSpec,
    device: B::Device,
}

impl FineTuneModel {
    /// Starts from the base's weights and a trained top's parameters.
    pub fn new(weights: &BaseWeights, spec: &FineTuneSpec, top: &[NamedTensor]) -> Result<Self, ModelError> {
        Self::on_device(Cpu::default(), weights, spec, top)
    }
}

/// As [`FineTuneModel::new`], on any engine.
pub fn fine_tune_model_on(
    engine: Engine,
    weights: &BaseWeights,
    spec: &FineTuneSpec,
    top: &[NamedTensor],
) -> Result<Box<dyn Model>, ModelError> {
    struct On<'a>(&'a BaseWeights, &'a FineTuneSpec, &'a [NamedTensor]);

    impl EngineVisitor for On<'_> {
        type Output = Result<Box<dyn Model>, ModelError>;

        fn visit<B: Backend>(self, device: B::Device) -> Self::Output {
            let On(weights, spec, top) = self;
            Ok(Box::new(FineTuneModel::<B>::on_device(device, weights, spec, top)?))
        }
    }

    engine.visit(On(weights, spec, top))?
}

impl<B: Backend> FineTuneModel<B> {
    fn on_device(
        device: B::Device,
        weights: &BaseWeights,
        spec: &FineTuneSpec,
        top: &[NamedTensor],
    ) -> Result<Self, ModelError> {
        let &FineTuneSpec { frozen, height, width, .. } = spec;
        let tail = trained_tail(&device, weights, TailSpec { frozen, height, width })?;
        let parameters = parameters(&spec.top, top)?;
        let dx = if frozen < CONVOLUTIONS { InputGradient::Needed } else { InputGradient::Unused };
        let top = Top::new(&device, &spec.top, parameters, dx);
        Ok(Self { tail, top, spec: spec.clone(), device })
    }

    fn maps(&self, inputs: &[f32]) -> Result<Maps<B, NoneTape>, NetError> {
        let [channels, height, width] = self.sample_shape();
        let batch = inputs.len() / (channels * height * width);
        let maps = self.device.try_tensor_from_vec(inputs.to_vec(), (batch, channels, height, width));
        maps.map_err(NetError::tensor)
    }

    fn sample_shape(&self) -> [usize; 3] {
        shape_at(self.spec.frozen, self.spec.height, self.spec.width)
    }
}

impl<B: Backend> Network for FineTuneModel<B> {
    type Backend = B;

    fn sample_shape(&self) -> [usize; 3] {
        self.sample_shape()
    }

    fn class_count(&self) -> usize {
        self.spec.top.classes
    }

    fn record(&mut self, inputs: &[f32], masks: MaskKey) -> Result<Recorded<B>, NetError> {
        self.top.set_masks(masks);
        let features = self.tail.record(self.maps(inputs)?.put_tape(Default::default()))?;
        self.top.try_forward_mut(features)
    }

    fn compute(&self, inputs: &[f32]) -> Result<Rows<B, NoneTape>, NetError> {
        self.top.try_forward(self.tail.compute(self.maps(inputs)?)?)
    }

    fn layers(&self) -> Vec<&dyn Trained> {
        self.tail.trained().into_iter().chain(self.top.trained()).collect()
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Trained> {
        self.tail.trained_mut().into_iter().chain(self.top.trained_mut()).collect()
    }
}
