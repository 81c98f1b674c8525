//! Gradients through the tape, against central differences.

use dfdx::nn::Module;
use dfdx::shapes::Const;
use dfdx::tensor::{Cpu, NoneTape, PutTape, Tensor, TensorFromVec};
use dfdx::tensor_ops::{Backward, RealizeTo, ReshapeTo};
use frostline::net::{
    Activate, Activation, Conv3x3, Convolution, CrossEntropy, Dense, Fast, InputGradient, MaxPool2, Parameter, TapeOf,
    Targets, Trained,
};
use frostline::rng::{Purpose, Stream};

/// A network of every kind of layer: two convolutions, a pool, an activation between two dense layers.
struct Small {
    conv1: Conv3x3<2, 3, Fast>,
    conv2: Conv3x3<3, 4, Fast>,
    dense1: Dense<Fast>,
    dense2: Dense<Fast>,
    activation: Activation,
}

const LABELS: [u32; 3] = [2, 0, 1];
const CLASS_WEIGHTS: [f32; 3] = [0.5, 1.0, 1.5];
/// A step of central differences in f32: large enough to see, small enough to stay on one side of most kinks.
const STEP: f32 = 4e-3;
/// Rounding of two losses near 1 in f64 from f32 activations, over twice the step.
const TOLERANCE: f32 = 2e-3;

fn noise(index: u64, length: usize, limit: f64) -> Vec<f32> {
    let mut stream = Stream::new(11, Purpose::Init, 0, index);
    (0..length).map(|_| stream.uniform(-limit, limit) as f32).collect()
}

fn dense(index: u64, outputs: usize, inputs: usize) -> Dense<Fast> {
    let weight = Parameter::new(format!("{index}.weight"), vec![outputs, inputs], noise(index, outputs * inputs, 0.4));
    let bias = Parameter::new(format!("{index}.bias"), vec![outputs], noise(index + 100, outputs, 0.1));
    Dense::new(&Cpu::default(), weight, bias, InputGradient::Needed)
}

fn conv(index: u64, outputs: usize, inputs: usize) -> Convolution {
    Convolution { weight: noise(index, outputs * inputs * 9, 0.4), bias: noise(index + 100, outputs, 0.1) }
}

impl Small {
    fn new(activation: Activation) -> Self {
        let (mut conv1, mut conv2) = (Conv3x3::frozen("one"), Conv3x3::frozen("two"));
        conv1.slot_mut().thaw(&Cpu::default(), &conv(1, 3, 2), InputGradient::Unused);
        conv2.slot_mut().thaw(&Cpu::default(), &conv(2, 4, 3), InputGradient::Needed);
        Self { conv1, conv2, dense1: dense(3, 6, 4 * 2 * 3), dense2: dense(4, 3, 6), activation }
    }

    fn layers(&mut self) -> Vec<&mut dyn Trained> {
        let convolutions = [self.conv1.slot_mut().trained_mut(), self.conv2.slot_mut().trained_mut()];
        let dense = [self.dense1.trained_mut(), self.dense2.trained_mut()];
        convolutions.into_iter().flatten().chain(dense).collect()
    }

    /// The images are 5 x 6 pixels, an odd height, so that the pool leaves a row out.
    fn loss<T: TapeOf<Fast>>(&self, tape: T) -> (Tensor<(), f32, Cpu, T>, f64) {
        let images = Cpu::default().tensor_from_vec(noise(9, 3 * 2 * 5 * 6, 1.0), (3, Const::<2>, 5, 6));
        let x: Tensor<(usize, Const<2>, usize, usize), f32, Cpu, NoneTape> = images;
        let x = self.conv2.forward(self.conv1.forward(x.put_tape(tape)));
        let x = MaxPool2::<Fast>::default().forward(x);
        let x = x.try_realize::<(usize, Const<4>, usize, usize)>().ok().expect("the dims are those");
        let x = self.dense1.forward(x.reshape_like(&(3, 24)));
        let x = self.dense2.forward(Activate::<Fast>::new(self.activation).forward(x));
        let targets = Targets { labels: &LABELS, class_weights: Some(&CLASS_WEIGHTS) };
        let (loss, sums) = CrossEntropy::<Fast>::new(targets).forward(x);
        (loss, sums.loss / 3.0)
    }

    fn shift(&mut self, layer: usize, kernel: bool, element: usize, by: f32) {
        let mut first = true;
        self.layers()[layer].each_mut(&mut |parameter| {
            if std::mem::replace(&mut first, false) == kernel {
                parameter.value[element] += by;
            }
        });
    }

    fn gradients(&mut self) -> Vec<[Vec<f32>; 2]> {
        self.loss(dfdx::tensor::OwnedTape::default()).0.backward();
        let mut gradients = Vec::new();
        for layer in self.layers() {
            let mut both = Vec::new();
            layer.each(&mut |parameter| both.push(parameter.gradient.clone()));
            gradients.push([both[0].clone(), both[1].clone()]);
        }
        gradients
    }
}

#[test]
fn every_layers_gradient_is_the_slope_of_the_loss() {
    for activation in [Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Elu] {
        let mut network = Small::new(activation);
        let gradients = network.gradients();
        let (mut off, mut seen) = (0, 0);
        for (layer, both) in gradients.iter().enumerate() {
            for (gradient, kernel) in [(&both[0], true), (&both[1], false)] {
                for element in (0..gradient.len()).step_by(gradient.len().div_ceil(20)) {
                    network.shift(layer, kernel, element, STEP);
                    let above = network.loss(NoneTape).1;
                    network.shift(layer, kernel, element, -2.0 * STEP);
                    let below = network.loss(NoneTape).1;
                    network.shift(layer, kernel, element, STEP);
                    let slope = ((above - below) / f64::from(2.0 * STEP)) as f32;
                    seen += 1;
                    off += usize::from((slope - gradient[element]).abs() > TOLERANCE);
                }
            }
        }
        // A ReLU or a pool whose choice changes within the step has no slope there.
        assert!(seen > 80 && off <= seen / 50, "{activation:?}: {off} of {seen} differ");
    }
}

#[test]
fn a_second_forward_pass_before_the_backward_pass_is_refused_rather_than_wrong() {
    let network = Small::new(Activation::Relu);
    let (loss, _) = network.loss(dfdx::tensor::OwnedTape::default());
    network.loss(NoneTape);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| loss.backward())).is_err());
}
