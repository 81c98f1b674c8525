//! Cross-entropy from logits, with its gradient.
//!
//! Sums run over the samples in order, in f64; exp and log are `libm`'s in pure Rust. So a loss is the same number on
//! every machine. Both losses weigh sample i by the weight of its class, and, as Keras does, the gradient is that of
//! `sum_i weight_i * loss_i / batch`: the divisor is the number of samples, not the sum of the weights. A gradient below
//! [`SMALLEST_GRADIENT`] in magnitude, that of a sample which is told with certainty, is zero.

use super::activation::sigmoid;
use super::lanes::zero_below;
use super::optimizer::SMALLEST_GRADIENT;

/// Sums over one batch, to be added up over an epoch in order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossSum {
    /// Sum of weight times loss over the samples.
    pub loss: f64,
    /// Sum of the samples' weights: their number where classes are not weighted.
    pub weight: f64,
    /// Samples whose most probable class is their label.
    pub correct: u64,
}

/// What a batch is scored against.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a> {
    /// The class of each sample.
    pub labels: &'a [u32],
    /// One weight per class; `None` weighs every class as 1.
    pub class_weights: Option<&'a [f32]>,
}

impl Targets<'_> {
    fn weight(&self, label: u32) -> f32 {
        self.class_weights.map_or(1.0, |weights| weights[label as usize])
    }
}

/// [`binary`] for one logit a sample, [`softmax`] for one logit a class.
pub fn cross_entropy(width: usize, logits: &[f32], targets: Targets<'_>, gradient: Option<&mut [f32]>) -> LossSum {
    match width {
        1 => binary(logits, targets, gradient),
        classes => softmax(classes, logits, targets, gradient),
    }
}

/// Binary cross-entropy: `logits[batch]`, labels 0 or 1; correct when the logit is above zero exactly for label 1.
///
/// loss = max(z, 0) - z y + ln(1 + exp(-|z|)), whose derivative is sigmoid(z) - y. `gradient` is overwritten.
pub fn binary(logits: &[f32], targets: Targets<'_>, gradient: Option<&mut [f32]>) -> LossSum {
    assert_eq!(logits.len(), targets.labels.len(), "a binary loss has one logit per label");
    let mut sum = LossSum::default();
    for (&logit, &label) in logits.iter().zip(targets.labels) {
        let (z, y, weight) = (f64::from(logit), f64::from(label), f64::from(targets.weight(label)));
        sum.loss += weight * (z.max(0.0) - z * y + libm::log1p(libm::exp(-z.abs())));
        sum.weight += weight;
        sum.correct += u64::from((logit > 0.0) == (label == 1));
    }
    if let Some(gradient) = gradient {
        assert_eq!(gradient.len(), logits.len(), "a loss has one gradient per logit");
        let samples = logits.len() as f32;
        for ((d, &logit), &label) in gradient.iter_mut().zip(logits).zip(targets.labels) {
            let gradient = targets.weight(label) * (sigmoid(logit) - label as f32) / samples;
            *d = zero_below(gradient, SMALLEST_GRADIENT);
        }
    }
    sum
}

/// Softmax cross-entropy: `logits[batch][classes]`; correct when the label has the largest logit (the first of equals).
///
/// loss = ln(sum_j exp(z_j - max)) - (z_label - max), whose derivative is softmax(z) - onehot(label). `gradient` is
/// overwritten.
pub fn softmax(classes: usize, logits: &[f32], targets: Targets<'_>, mut gradient: Option<&mut [f32]>) -> LossSum {
    assert_eq!(logits.len(), classes * targets.labels.len(), "a softmax loss has one logit per label and class");
    let samples = targets.labels.len() as f32;
    let mut sum = LossSum::default();
    for (sample, (row, &label)) in logits.chunks_exact(classes).zip(targets.labels).enumerate() {
        let weight = targets.weight(label);
        let (best, total) = normaliser(row);
        sum.loss += f64::from(weight) * (libm::log(total) - f64::from(row[label as usize] - row[best]));
        sum.weight += f64::from(weight);
        sum.correct += u64::from(best == label as usize);
        if let Some(gradient) = gradient.as_deref_mut() {
            let gradient = &mut gradient[sample * classes..][..classes];
            fill_probabilities(row, gradient);
            gradient[label as usize] -= 1.0;
            gradient.iter_mut().for_each(|d| *d = zero_below(weight * *d / samples, SMALLEST_GRADIENT));
        }
    }
    sum
}

/// Softmax of each row: `logits[batch][classes]` to probabilities of the same shape.
pub fn probabilities(classes: usize, logits: &[f32], out: &mut [f32]) {
    assert_eq!(logits.len(), out.len(), "there is one probability per logit");
    logits.chunks_exact(classes).zip(out.chunks_exact_mut(classes)).for_each(|(row, out)| fill_probabilities(row, out));
}

/// The place of the row's first largest logit, and the sum of exp(z - max) over the row.
fn normaliser(row: &[f32]) -> (usize, f64) {
    let mut best = 0;
    for (index, &logit) in row.iter().enumerate() {
        if logit > row[best] {
            best = index;
        }
    }
    let total = row.iter().map(|&z| libm::exp(f64::from(z - row[best]))).fold(0.0, |sum, e| sum + e);
    (best, total)
}

fn fill_probabilities(row: &[f32], out: &mut [f32]) {
    let (best, total) = normaliser(row);
    out.iter_mut().zip(row).for_each(|(p, &z)| *p = (libm::exp(f64::from(z - row[best])) / total) as f32);
}
