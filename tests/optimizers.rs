//! Optimisers and losses against Keras 3, step for step (tests/golden/optimizers/make.py).

use std::path::Path;

use frostline::kernels::loss::{self, Targets};
use frostline::kernels::optimizer::{self, Parameter, Rule, Step};
use frostline::kernels::{Isa, isa};
use serde_json::Value;

/// f32 arithmetic in another order, over ten steps of a value of the order of 1.
const STEP_TOLERANCE: f64 = 2e-6;
/// Keras sums in f32, we in f64.
const LOSS_TOLERANCE: f64 = 2e-6;

fn golden(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/optimizers").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).expect("the golden file is here")).expect("it is JSON")
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number") as f32).collect()
}

fn rule(settings: &Value) -> Rule {
    let of = |key: &str| settings[key].as_f64().expect("a number") as f32;
    match settings["kind"].as_str() {
        Some("sgd") => Rule::Sgd { momentum: of("momentum"), nesterov: settings["nesterov"] == true },
        Some("rmsprop") => Rule::RmsProp { rho: of("rho"), eps: of("eps"), momentum: of("momentum") },
        _ => Rule::Adam { beta1: of("beta1"), beta2: of("beta2"), eps: of("eps"), weight_decay: of("weight_decay") },
    }
}

fn follow(case: &Value, start: &[f32], gradients: &[Vec<f32>]) {
    let rule = rule(&case["settings"]);
    let lr = case["settings"]["lr"].as_f64().expect("a number") as f32;
    let moments = |wanted: usize| if rule.moments() >= wanted { vec![0.0; start.len()] } else { Vec::new() };
    let (mut weights, mut first, mut second) = (start.to_vec(), moments(1), moments(2));
    for (number, gradient) in gradients.iter().enumerate() {
        let step = Step { rule, lr, l1: 0.0, l2: 0.0, number: number as u64 + 1 };
        let parameter = Parameter { weights: &mut weights, first: &mut first, second: &mut second };
        optimizer::update(Isa::detect(), &step, gradient, parameter);
        for (ours, theirs) in weights.iter().zip(numbers(&case["weights"][number])) {
            let error = f64::from((ours - theirs).abs()) / f64::from(theirs.abs()).max(1.0);
            assert!(error <= STEP_TOLERANCE, "{} step {number}: {ours} for Keras' {theirs}", case["name"]);
        }
    }
}

#[test]
fn every_optimiser_takes_the_steps_of_keras() {
    let golden = golden("optimizers.json");
    let start = numbers(&golden["start"]);
    let gradients: Vec<Vec<f32>> = golden["gradients"].as_array().expect("a list").iter().map(numbers).collect();
    let cases = golden["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 7);
    cases.iter().for_each(|case| follow(case, &start, &gradients));
}

#[test]
fn losses_from_logits_are_those_of_keras() {
    let golden = golden("losses.json");
    let check = |case: &Value, classes: usize| {
        let logits = numbers(&case["logits"]);
        for (sample, row) in logits.chunks_exact(classes).enumerate() {
            let labels = [case["labels"][sample].as_u64().expect("a label") as u32];
            let targets = Targets { labels: &labels, class_weights: None };
            let ours = match classes {
                1 => loss::binary(row, targets, None),
                _ => loss::softmax(classes, row, targets, None),
            };
            let theirs = case["losses"][sample].as_f64().expect("a number");
            assert!((ours.loss - theirs).abs() <= LOSS_TOLERANCE * theirs.max(1.0), "{} for {theirs}", ours.loss);
        }
    };
    check(&golden["softmax"], 3);
    golden["binary"].as_array().expect("a list").iter().for_each(|case| check(case, 1));
}

/// A gradient of 1, then none for long: a feature that was active once.
#[test]
fn moments_that_decay_become_zero_and_never_subnormal() {
    const STEPS: u64 = 20_000;
    const LEN: usize = 19; // A vector and a part of one.
    let rules = [
        Rule::Sgd { momentum: 0.9, nesterov: false },
        Rule::Sgd { momentum: 0.9, nesterov: true },
        Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.0 },
        Rule::RmsProp { rho: 0.9, eps: 1e-7, momentum: 0.9 },
        Rule::Adam { beta1: 0.9, beta2: 0.99, eps: 1e-7, weight_decay: 0.0 },
    ];
    for rule in rules {
        let histories = isa::ALL.into_iter().filter(|isa| isa.available()).map(|isa| {
            let moments = |wanted: usize| vec![0.0f32; if rule.moments() >= wanted { LEN } else { 0 }];
            let (mut weights, mut first, mut second) = (vec![0.5; LEN], moments(1), moments(2));
            let mut seen = Vec::new();
            for number in 1..=STEPS {
                // The tiny gradient of a sample that is told with certainty counts as none.
                let gradient = [if number == 1 { 1.0 } else { optimizer::SMALLEST_GRADIENT / 2.0 }; LEN];
                let parameter = Parameter { weights: &mut weights, first: &mut first, second: &mut second };
                optimizer::update(isa, &Step { rule, lr: 1e-3, l1: 0.0, l2: 0.0, number }, &gradient, parameter);
                for moment in first.iter().chain(&second) {
                    assert!(!moment.is_subnormal(), "{rule:?} on {isa:?}, step {number}: a moment of {moment:e}");
                }
                seen.extend([weights[0], weights[LEN - 1]].map(f32::to_bits));
            }
            assert!(first.iter().chain(&second).all(|&moment| moment == 0.0), "{rule:?} on {isa:?} forgets");
            seen
        });
        let histories: Vec<_> = histories.collect();
        assert!(histories.windows(2).all(|pair| pair[0] == pair[1]), "{rule:?}: other bits on another instruction set");
    }
}

#[test]
fn a_sample_told_with_certainty_has_no_gradient_rather_than_a_subnormal_one() {
    let targets = Targets { labels: &[0, 0, 1], class_weights: None };
    let mut gradient = [f32::NAN; 3];
    loss::binary(&[-95.0, -40.0, -40.0], targets, Some(&mut gradient));
    assert_eq!(gradient, [0.0, 0.0, -1.0 / 3.0]);
    let mut gradient = [f32::NAN; 6];
    loss::softmax(
        2,
        &[50.0, -50.0, 0.0, 40.0, 5.0, 5.0],
        Targets { labels: &[0, 1, 1], ..targets },
        Some(&mut gradient),
    );
    assert_eq!(gradient, [0.0, 0.0, 0.0, 0.0, 0.5 / 3.0, -0.5 / 3.0]);
}
