//! Fine-tuning block 5 and a top against PyTorch: tests/golden/finetune/make.py wrote the losses.

mod device;

use std::path::Path;

use frostline::net::{BaseWeights, Engine, MaskKey, Rule, Step, Targets};
use frostline::train::{Activation, Batch, FineTuneSpec, NamedTensor, TopShape, fine_tune_model_on};

/// Two f32 implementations sum in different orders; six steps of training let that grow.
const TOLERANCE: f64 = 1e-4;

/// Numbers that are the same in any language: a multiplicative hash, in [-0.5, 0.5).
fn noise(salt: u64, length: usize, scale: f32) -> Vec<f32> {
    let hash = |index: u64| (index + salt).wrapping_mul(2_654_435_761) % (1 << 32);
    (0..length as u64).map(|index| (hash(index) as f64 / 4_294_967_296.0 - 0.5) as f32 * scale).collect()
}

fn weights() -> BaseWeights {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
    BaseWeights::read(&path).expect("the weights come with the sources")
}

fn top(classes: usize) -> (TopShape, Vec<NamedTensor>) {
    let inputs = [512, 2, 2];
    let shape = TopShape { inputs, hidden: vec![16], activation: Activation::Relu, dropout: 0.0, classes };
    let mut tensors = Vec::new();
    for (layer, [outputs, inputs]) in shape.dense_shapes().into_iter().enumerate() {
        let values = noise(1000 + layer as u64, outputs * inputs, 0.1);
        tensors.push(NamedTensor { name: format!("classifier.{layer}.weight"), shape: vec![outputs, inputs], values });
        let values = vec![0.0; outputs];
        tensors.push(NamedTensor { name: format!("classifier.{layer}.bias"), shape: vec![outputs], values });
    }
    (shape, tensors)
}

/// Losses of two epochs of three batches of four, each before its step.
fn losses(engine: Engine, weights: &BaseWeights, classes: usize) -> Vec<f64> {
    let (top, tensors) = top(classes);
    let spec = FineTuneSpec { frozen: 10, height: 64, width: 64, top };
    let mut model = fine_tune_model_on(engine, weights, &spec, &tensors).expect("the shapes fit");
    let labels: Vec<u32> = (0..4).map(|sample| sample % classes as u32).collect();
    let rule = Rule::Sgd { momentum: 0.9, nesterov: false };
    (0..6u64)
        .map(|step| {
            let inputs: Vec<f32> = noise(7 + step % 3, 4 * 512 * 16, 60.0).into_iter().map(|x| x.max(0.0)).collect();
            let batch = Batch { inputs: &inputs, targets: Targets { labels: &labels, class_weights: None } };
            let step = Step { rule, lr: 1e-3, l1: 0.0, l2: 0.0, number: step + 1 };
            model.train(batch, MaskKey::default(), &step).expect("it trains").loss / 4.0
        })
        .collect()
}

#[test]
fn two_epochs_of_fine_tuning_give_pytorchs_losses() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("golden/finetune/losses.json")).expect("the golden file parses");
    let weights = weights();
    let tested = device::under_test(Engine::Fast);
    for (engine, classes) in [(tested, 2), (tested, 3), (Engine::Generic, 2), (Engine::Generic, 3)] {
        let ours = losses(engine, &weights, classes);
        let theirs = golden[format!("sgd_{classes}")].as_array().expect("a list").clone();
        assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let theirs = theirs.as_f64().expect("a number");
            assert!(
                (ours - theirs).abs() <= TOLERANCE * theirs,
                "{engine:?}, {classes} classes: {ours}, PyTorch {theirs}"
            );
        }
        assert!(ours[3] < ours[0], "nothing was learnt: {ours:?}");
    }
}
