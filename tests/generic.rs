//! Layers composed of dfdx's operations against the kernels: what runs on a GPU, held to what runs on the CPU.

use std::path::Path;

use dfdx::nn::Module;
use dfdx::shapes::Const;
use dfdx::tensor::{NoneTape, OwnedTape, PutTape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{Backward, RealizeTo, ReshapeTo};
use frostline::net::{
    Activate, Activation, Backend, BaseWeights, Conv3x3, Convolution, CrossEntropy, Cut, Dense, Dropout, Fast,
    FrozenPrefix, FrozenSpec, Generic, InputGradient, MaskKey, MaxPool2, Parameter, Precision, Rule, Step, Targets,
    Trained, Update, shape_at,
};
use frostline::rng::{Purpose, Stream};

/// The contract between the paths.
const FEATURES: f64 = 1e-4;
const GRADIENTS: f64 = 1e-3;

const LABELS: [u32; 3] = [2, 0, 1];
const CLASS_WEIGHTS: [f32; 3] = [0.5, 1.0, 1.5];

/// The code that serves GPUs: on a GPU where the build has CUDA, else on the CPU.
#[cfg(feature = "cuda")]
type Composed = Generic<dfdx::tensor::Cuda>;
#[cfg(not(feature = "cuda"))]
type Composed = Generic<dfdx::tensor::Cpu>;

fn device<B: Backend>() -> B::Device {
    Default::default()
}

fn noise(index: u64, length: usize, limit: f64) -> Vec<f32> {
    let mut stream = Stream::new(11, Purpose::Init, 0, index);
    (0..length).map(|_| stream.uniform(-limit, limit) as f32).collect()
}

/// The distance of two vectors over the length of the second.
fn relative(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let apart = square(&mut ours.iter().zip(theirs).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    (apart / square(&mut theirs.iter().map(|value| f64::from(*value)))).sqrt()
}

/// A network of every kind of layer: two convolutions, a pool, dropout and an activation between two dense layers.
struct Small<B: Backend> {
    conv1: Conv3x3<2, 3, B>,
    conv2: Conv3x3<3, 4, B>,
    dense1: Dense<B>,
    dense2: Dense<B>,
    dropout: Dropout<B>,
    activation: Activation,
}

fn dense<B: Backend>(index: u64, outputs: usize, inputs: usize) -> Dense<B> {
    let weight = Parameter::new(format!("{index}.weight"), vec![outputs, inputs], noise(index, outputs * inputs, 0.4));
    let bias = Parameter::new(format!("{index}.bias"), vec![outputs], noise(index + 100, outputs, 0.1));
    Dense::new(&device::<B>(), weight, bias, InputGradient::Needed)
}

fn conv(index: u64, outputs: usize, inputs: usize) -> Convolution {
    Convolution { weight: noise(index, outputs * inputs * 9, 0.4), bias: noise(index + 100, outputs, 0.1) }
}

impl<B: Backend> Small<B> {
    fn new(activation: Activation) -> Self {
        let (mut conv1, mut conv2) = (Conv3x3::frozen("one"), Conv3x3::frozen("two"));
        conv1.slot_mut().thaw(&device::<B>(), &conv(1, 3, 2), InputGradient::Unused);
        conv2.slot_mut().thaw(&device::<B>(), &conv(2, 4, 3), InputGradient::Needed);
        let mut dropout = Dropout::new(0.4, 0);
        dropout.key = MaskKey { seed: 3, epoch: 1, first_sample: 6 };
        Self { conv1, conv2, dense1: dense(3, 6, 4 * 2 * 3), dense2: dense(4, 3, 6), dropout, activation }
    }

    fn layers(&mut self) -> Vec<&mut dyn Trained> {
        let convolutions = [self.conv1.slot_mut().trained_mut(), self.conv2.slot_mut().trained_mut()];
        let dense = [self.dense1.trained_mut(), self.dense2.trained_mut()];
        convolutions.into_iter().flatten().chain(dense).collect()
    }

    /// One pass forward and backward; gives the loss. The images are 5 x 6 pixels: the pool leaves a row out.
    fn pass(&mut self) -> f64 {
        use dfdx::nn::ModuleMut;
        let images = device::<B>().tensor_from_vec(noise(9, 3 * 2 * 5 * 6, 1.0), (3, Const::<2>, 5, 6));
        let images: Tensor<(usize, Const<2>, usize, usize), f32, B::Device, NoneTape> = images;
        let x = images.put_tape(OwnedTape::default());
        let x = self.conv2.try_forward(self.conv1.try_forward(x).expect("it fits")).expect("it fits");
        let x = MaxPool2::<B>::default().try_forward(x).expect("it fits");
        let x = x.try_realize::<(usize, Const<4>, usize, usize)>().expect("the dims are those");
        let x = self.dense1.try_forward(x.reshape_like(&(3, 24))).expect("it fits");
        let x = Activate::<B>::new(self.activation).try_forward(x).expect("it fits");
        let x = self.dropout.try_forward_mut(x).expect("it fits");
        let x = self.dense2.try_forward(x).expect("it fits");
        let targets = Targets { labels: &LABELS, class_weights: Some(&CLASS_WEIGHTS) };
        let (loss, sums) = CrossEntropy::<B>::new(targets).try_forward(x).expect("it fits");
        loss.backward();
        sums.loss
    }

    fn parameters(&mut self) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        self.layers().into_iter().for_each(|layer| layer.each(&mut |parameter| parameters.push(parameter.clone())));
        parameters
    }

    /// Parameters and moments after some steps.
    fn trained(activation: Activation, rule: Rule, steps: u64) -> Vec<Parameter> {
        let mut network = Self::new(activation);
        for number in 1..=steps {
            let step = Step { rule, lr: 0.01, l1: 1e-3, l2: 1e-2, number };
            network.layers().into_iter().for_each(|layer| layer.arm(Update::Apply(step)));
            network.pass();
        }
        network.parameters()
    }
}

#[test]
fn losses_and_gradients_of_every_layer_are_those_of_the_kernels() {
    let all = [Activation::Linear, Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Elu];
    for activation in all {
        let (mut fast, mut generic) = (Small::<Fast>::new(activation), Small::<Composed>::new(activation));
        let (expected, found) = (fast.pass(), generic.pass());
        assert!((found - expected).abs() < FEATURES * expected, "{activation:?}: {found}, {expected}");
        for (found, expected) in generic.parameters().iter().zip(fast.parameters()) {
            let apart = relative(&found.gradient, &expected.gradient);
            assert!(apart < GRADIENTS, "{activation:?}, {}: {apart:e}", found.name);
        }
    }
}

#[test]
fn every_optimiser_moves_weights_and_moments_as_the_kernels_do() {
    let rules = [
        Rule::Sgd { momentum: 0.0, nesterov: false },
        Rule::Sgd { momentum: 0.9, nesterov: false },
        Rule::Sgd { momentum: 0.9, nesterov: true },
        Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.0 },
        Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.5 },
        Rule::Adam { beta1: 0.9, beta2: 0.999, eps: 1e-7, weight_decay: 0.0 },
        Rule::Adam { beta1: 0.9, beta2: 0.999, eps: 1e-7, weight_decay: 0.01 },
    ];
    for rule in rules {
        let (fast, generic) =
            (Small::<Fast>::trained(Activation::Elu, rule, 5), Small::<Composed>::trained(Activation::Elu, rule, 5));
        for (found, expected) in generic.iter().zip(fast) {
            let name = &found.name;
            assert_eq!((found.first.len(), found.second.len()), (expected.first.len(), expected.second.len()));
            assert!(relative(&found.value, &expected.value) < GRADIENTS, "{rule:?}, {name}");
            for (found, expected) in [(&found.first, &expected.first), (&found.second, &expected.second)] {
                assert!(found.is_empty() || relative(found, expected) < GRADIENTS, "{rule:?}, {name}, a moment");
            }
        }
    }
}

#[test]
fn a_pool_leads_the_gradient_to_the_first_of_equals() {
    // A grey image: every window's four pixels are equal, as are those of a photograph's white margins. It is the bias of
    // a layer without weights, so that the layer's gradient is the pool's.
    fn by_pixel<B: Backend>() -> Vec<f32> {
        let weight = Parameter::new("grey.weight", vec![20, 1], vec![0.0; 20]);
        let bias = Parameter::new("grey.bias", vec![20], vec![1.5; 20]);
        let grey = Dense::<B>::new(&device::<B>(), weight, bias, InputGradient::Unused);
        let one: Tensor<(usize, usize), f32, B::Device, NoneTape> = device::<B>().tensor_from_vec(vec![1.0], (1, 1));
        let pixels = grey.try_forward(one.put_tape(OwnedTape::default())).expect("it fits");
        let maps = pixels.reshape_like(&(1, Const::<1>, 5, 4));
        let pooled = MaxPool2::<B>::default().try_forward(maps).expect("it fits");
        let rows = dense::<B>(5, 1, 4).try_forward(pooled.reshape_like(&(1, 4))).expect("it fits");
        let targets = Targets { labels: &[1], class_weights: None };
        CrossEntropy::<B>::new(targets).try_forward(rows).expect("it fits").0.backward();
        let mut gradients = Vec::new();
        grey.trained().each(&mut |it| gradients.push(it.gradient.clone()));
        gradients.remove(1)
    }
    let (fast, generic) = (by_pixel::<Fast>(), by_pixel::<Composed>());
    let winners: Vec<usize> = (0..20).filter(|&pixel| generic[pixel] != 0.0).collect();
    assert_eq!(winners, [0, 2, 8, 10]);
    assert!(relative(&generic, &fast) < 1e-6, "{generic:?}, {fast:?}");
}

/// The activation at depth `to` of three noisy images.
fn activation<B: Backend>(weights: &BaseWeights, [from, to]: [usize; 2], size: [usize; 2]) -> Vec<f32> {
    let [height, width] = size;
    let spec = FrozenSpec { from, to, height, width, precision: Precision::F32 };
    let device = device::<B>();
    let prefix = FrozenPrefix::<usize, usize, B>::new(&device, weights, &spec, height, width);
    let [channels, rows, columns] = shape_at(from, height, width);
    let limit = if from == 0 { 120.0 } else { 4.0 };
    let values = noise(from as u64, 3 * channels * rows * columns, limit);
    let maps = device.tensor_from_vec(values, (3, channels, rows, columns));
    let cut = Cut::<usize, usize, B, NoneTape>::at(from, height, width, maps).expect("it has that shape");
    let out = prefix.try_forward(cut).expect("it runs").into_maps();
    let mut values = vec![0.0; 3 * shape_at(to, height, width).iter().product::<usize>()];
    out.copy_into(&mut values);
    values
}

#[test]
fn activations_at_every_depth_are_those_of_the_kernels() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    let weights = BaseWeights::read(&path).expect("the weights that ship are whole");
    for (depths, size) in [([0, 13], [48, 37]), ([0, 2], [31, 32]), ([4, 10], [32, 50]), ([9, 12], [64, 64])] {
        let fast = activation::<Fast>(&weights, depths, size);
        let generic = activation::<Composed>(&weights, depths, size);
        let apart = relative(&generic, &fast);
        assert!(apart < FEATURES, "{depths:?} at {size:?}: {apart:e}");
    }
}
