//! What is fitted: a network from samples to logits.

use dfdx::nn::Module;
use dfdx::shapes::HasShape;
use dfdx::tensor::{NoneTape, OwnedTape};
use dfdx::tensor_ops::Backward;

use super::import::{self, ModelError, NamedTensor};
use crate::net::{
    Backend, CrossEntropy, LossSum, MaskKey, NetError, Rows, Step, Targets, Trained, Update, cross_entropy, in_halves,
    probabilities, sigmoid,
};

/// Some samples and what they should be.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// One after the other.
    pub inputs: &'a [f32],
    /// Their classes, and what those weigh.
    pub targets: Targets<'a>,
}

/// Logits on a tape.
pub(super) type Recorded<B> = Rows<B, OwnedTape<f32, <B as Backend>::Device>>;

/// A network on some device, from samples to logits.
pub(super) trait Network {
    /// The device.
    type Backend: Backend;

    /// `[channels, height, width]` of a sample.
    fn sample_shape(&self) -> [usize; 3];

    /// Classes that it tells apart.
    fn class_count(&self) -> usize;

    /// Logits on a tape, with dropout.
    fn record(&mut self, inputs: &[f32], masks: MaskKey) -> Result<Recorded<Self::Backend>, NetError>;

    /// Logits alone, without dropout.
    fn compute(&self, inputs: &[f32]) -> Result<Rows<Self::Backend, NoneTape>, NetError>;

    /// Trained layers, from the input.
    fn layers(&self) -> Vec<&dyn Trained>;

    /// Trained layers, from the input.
    fn layers_mut(&mut self) -> Vec<&mut dyn Trained>;
}

/// A model as the training loop and the stages see it, whatever its layers and its device.
pub trait Model {
    /// `[channels, height, width]` of a sample.
    fn input_shape(&self) -> [usize; 3];

    /// Classes that it tells apart.
    fn classes(&self) -> usize;

    /// Says what the batch after the next one to be trained reads: a hint, which changes no result.
    fn expect(&mut self, _inputs: &[f32]) {}

    /// One step: forward with dropout, backward, and an update of every parameter by `step`.
    ///
    /// Nothing is updated where the loss is not finite.
    fn train(&mut self, batch: Batch<'_>, masks: MaskKey, step: &Step) -> Result<LossSum, NetError>;

    /// Whether the device's memory holds a pass forward and backward of this batch. Parameters stay as they are.
    fn fits(&mut self, batch: Batch<'_>) -> Result<bool, NetError>;

    /// Losses and hits of each `part` samples, the last of which may be fewer, without dropout; nothing changes.
    fn score(&mut self, batch: Batch<'_>, part: usize) -> Result<Vec<LossSum>, NetError>;

    /// Probabilities of each class: `probabilities` is `count x classes`, and for two classes `[1 - p, p]`.
    fn predict(&mut self, inputs: &[f32], count: usize, probabilities: &mut [f32]) -> Result<(), NetError>;

    /// [`Self::score`] of one part, and [`Self::predict`], in one forward pass.
    fn examine(&mut self, batch: Batch<'_>, probabilities: &mut [f32]) -> Result<LossSum, NetError>;

    /// Trained layers, from the input.
    fn trained(&self) -> Vec<&dyn Trained>;

    /// Trained layers, from the input.
    fn trained_mut(&mut self) -> Vec<&mut dyn Trained>;

    /// Every trained parameter by name.
    fn export(&self) -> Vec<NamedTensor> {
        import::export(&self.trained())
    }

    /// Takes every trained parameter from `tensors`, which must hold these and no others; moments start again.
    fn import(&mut self, tensors: &[NamedTensor]) -> Result<(), ModelError> {
        let mut expected = Vec::new();
        for layer in self.trained() {
            layer.each(&mut |parameter| expected.push((parameter.name.clone(), parameter.shape.clone())));
        }
        import::check(&expected, tensors)?;
        import::replace(self.trained_mut(), tensors);
        Ok(())
    }
}

/// Forward with dropout, and backward where the loss is finite.
fn pass<N: Network>(network: &mut N, batch: Batch<'_>, masks: MaskKey) -> Result<LossSum, NetError> {
    let logits = network.record(batch.inputs, masks)?;
    let (loss, sums) = CrossEntropy::<N::Backend>::new(batch.targets).try_forward(logits)?;
    if sums.loss.is_finite() {
        loss.try_backward().map_err(NetError::tensor)?;
    }
    Ok(sums)
}

impl<N: Network> Model for N {
    fn input_shape(&self) -> [usize; 3] {
        self.sample_shape()
    }

    fn classes(&self) -> usize {
        self.class_count()
    }

    fn expect(&mut self, inputs: &[f32]) {
        if let Some(first) = self.layers_mut().into_iter().next() {
            first.expect(inputs);
        }
    }

    fn train(&mut self, batch: Batch<'_>, masks: MaskKey, step: &Step) -> Result<LossSum, NetError> {
        self.layers_mut().into_iter().for_each(|layer| layer.arm(Update::Apply(*step)));
        NetError::caught(|| pass(self, batch, masks))
    }

    fn fits(&mut self, batch: Batch<'_>) -> Result<bool, NetError> {
        self.layers_mut().into_iter().for_each(|layer| layer.arm(Update::KeepGradient));
        match NetError::caught(|| pass(self, batch, MaskKey::default())) {
            Ok(_) => Ok(true),
            Err(NetError::OutOfMemory) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn score(&mut self, batch: Batch<'_>, part: usize) -> Result<Vec<LossSum>, NetError> {
        NetError::caught(|| {
            let (width, logits) = values_of::<N::Backend>(&self.compute(batch.inputs)?);
            let parts = logits.chunks(part * width).zip(batch.targets.labels.chunks(part));
            let sums =
                parts.map(|(logits, labels)| cross_entropy(width, logits, Targets { labels, ..batch.targets }, None));
            Ok(sums.collect())
        })
    }

    fn predict(&mut self, inputs: &[f32], count: usize, out: &mut [f32]) -> Result<(), NetError> {
        // A sample's probabilities are its own.
        in_halves(inputs, count, out, &mut |inputs, count, out| {
            NetError::caught(|| {
                let (width, logits) = values_of::<N::Backend>(&self.compute(inputs)?);
                assert_eq!(logits.len(), count * width, "as many samples as were announced");
                probabilities_of(width, &logits, out);
                Ok(())
            })
        })
    }

    fn examine(&mut self, batch: Batch<'_>, out: &mut [f32]) -> Result<LossSum, NetError> {
        NetError::caught(|| {
            let (width, logits) = values_of::<N::Backend>(&self.compute(batch.inputs)?);
            probabilities_of(width, &logits, out);
            Ok(cross_entropy(width, &logits, batch.targets, None))
        })
    }

    fn trained(&self) -> Vec<&dyn Trained> {
        self.layers()
    }

    fn trained_mut(&mut self) -> Vec<&mut dyn Trained> {
        self.layers_mut()
    }
}

/// The width of a row, and all rows.
fn values_of<B: Backend>(rows: &Rows<B, NoneTape>) -> (usize, Vec<f32>) {
    let &(count, width) = rows.shape();
    let mut values = vec![0.0; count * width];
    rows.copy_into(&mut values);
    (width, values)
}

/// Probabilities of each class: `out` is `rows x classes`, and for two classes, which share a logit, `[1 - p, p]`.
fn probabilities_of(width: usize, logits: &[f32], out: &mut [f32]) {
    if width > 1 {
        return probabilities(width, logits, out);
    }
    let positive = logits.iter().copied().map(sigmoid);
    out.chunks_exact_mut(2).zip(positive).for_each(|(out, p)| out.copy_from_slice(&[1.0 - p, p]));
}
