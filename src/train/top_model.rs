//! The top alone, on stored features.

use dfdx::tensor::{Cpu, NoneTape};

use super::import::{ModelError, NamedTensor, check};
use super::model::{Model, Network, Recorded};
use crate::net::{
    Backend, Engine, EngineVisitor, Fast, InputGradient, MaskKey, NetError, Parameter, Rows, Top, TopShape, Trained,
    top_tensor_names,
};
use crate::rng::{Purpose, Stream};

/// Features in, classes out.
pub struct TopModel<B: Backend = Fast> {
    top: Top<B>,
    shape: TopShape,
    device: B::Device,
}

impl TopModel {
    /// A fresh top: Glorot uniform weights drawn from the seed, zero biases.
    pub fn new(shape: &TopShape, seed: u64) -> Result<Self, ModelError> {
        Self::on_device(Cpu::default(), shape, fresh(shape, seed))
    }

    /// A top whose parameters are known (those that [`Model::export`](super::Model::export) gives).
    pub fn from_parameters(shape: &TopShape, tensors: &[NamedTensor]) -> Result<Self, ModelError> {
        Self::on_device(Cpu::default(), shape, parameters(shape, tensors)?)
    }
}

/// A fresh top on any engine: the same weights as [`TopModel::new`] draws.
pub fn top_model_on(engine: Engine, shape: &TopShape, seed: u64) -> Result<Box<dyn Model>, ModelError> {
    struct On<'a>(&'a TopShape, u64);

    impl EngineVisitor for On<'_> {
        type Output = Result<Box<dyn Model>, ModelError>;

        fn visit<B: Backend>(self, device: B::Device) -> Self::Output {
            let On(shape, seed) = self;
            Ok(Box::new(TopModel::<B>::on_device(device, shape, fresh(shape, seed))?))
        }
    }

    engine.visit(On(shape, seed))?
}

impl<B: Backend> TopModel<B> {
    fn on_device(device: B::Device, shape: &TopShape, parameters: Vec<[Parameter; 2]>) -> Result<Self, ModelError> {
        let top = Top::new(&device, shape, parameters, InputGradient::Unused);
        Ok(Self { top, shape: shape.clone(), device })
    }
}

impl<B: Backend> Network for TopModel<B> {
    type Backend = B;

    fn sample_shape(&self) -> [usize; 3] {
        self.shape.inputs
    }

    fn class_count(&self) -> usize {
        self.shape.classes
    }

    fn record(&mut self, inputs: &[f32], masks: MaskKey) -> Result<Recorded<B>, NetError> {
        self.top.set_masks(masks);
        self.top.try_read_mut(&self.device, (inputs, self.shape.input_len()), Default::default())
    }

    fn compute(&self, inputs: &[f32]) -> Result<Rows<B, NoneTape>, NetError> {
        self.top.try_read(&self.device, (inputs, self.shape.input_len()))
    }

    fn layers(&self) -> Vec<&dyn Trained> {
        self.top.trained().collect()
    }

    fn layers_mut(&mut self) -> Vec<&mut dyn Trained> {
        self.top.trained_mut().collect()
    }
}

/// Glorot and Bengio 2010, uniform, as Keras draws dense kernels: limit `sqrt(6 / (inputs + outputs))`.
fn fresh(shape: &TopShape, seed: u64) -> Vec<[Parameter; 2]> {
    let layer = |(index, [outputs, inputs]): (usize, [usize; 2])| {
        let limit = (6.0 / (inputs + outputs) as f64).sqrt();
        let mut stream = Stream::new(seed, Purpose::Init, 0, index as u64);
        let weight = (0..inputs * outputs).map(|_| stream.uniform(-limit, limit) as f32).collect();
        let [weight_name, bias_name] = top_tensor_names(index);
        [
            Parameter::new(weight_name, vec![outputs, inputs], weight),
            Parameter::new(bias_name, vec![outputs], vec![0.0; outputs]),
        ]
    };
    shape.dense_shapes().into_iter().enumerate().map(layer).collect()
}

/// A top's parameters from tensors, which must hold these and no others.
pub(super) fn parameters(shape: &TopShape, tensors: &[NamedTensor]) -> Result<Vec<[Parameter; 2]>, ModelError> {
    let names = |(index, [outputs, inputs]): (usize, [usize; 2])| {
        let [weight, bias] = top_tensor_names(index);
        [(weight, vec![outputs, inputs]), (bias, vec![outputs])]
    };
    let layers: Vec<_> = shape.dense_shapes().into_iter().enumerate().map(names).collect();
    check(&layers.concat(), tensors)?;
    let take = |(name, _): &(String, Vec<usize>)| {
        let tensor = tensors.iter().find(|tensor| tensor.name == *name);
        tensor.cloned().expect("checked to be there").into_parameter()
    };
    Ok(layers.iter().map(|layer| layer.each_ref().map(take)).collect())
}
