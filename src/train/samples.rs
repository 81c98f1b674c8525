//! Where samples come from.

use crate::net::FrozenBase;

/// A source's own error; passed through as it is.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// The samples that will be asked for, in order.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// Which epoch it is, from 0: augmentation depends on it.
    pub epoch: u32,
    /// Indices of the samples; when an epoch is resumed, those not yet seen.
    pub order: &'a [u32],
    /// How many are asked for at a time; the last batch takes what is left.
    pub batch_size: usize,
}

/// Labelled samples that can be passed over again and again, in any order.
pub trait Samples {
    /// The class of each sample.
    fn labels(&self) -> &[u32];

    /// Floats a sample.
    fn sample_len(&self) -> usize;

    /// Announces a pass. The source may start to read ahead.
    fn begin(&mut self, pass: &Pass<'_>) -> Result<(), SourceError>;

    /// Writes the pass's next `count` samples to `out`, whose length is `count * sample_len`.
    fn fill(&mut self, count: usize, out: &mut [f32]) -> Result<(), SourceError>;
}

/// Samples that lie in memory.
#[derive(Clone, Debug)]
pub struct InMemory {
    values: Vec<f32>,
    labels: Vec<u32>,
    order: Vec<u32>,
    next: usize,
}

impl InMemory {
    /// One label a sample; `values` holds the samples one after the other.
    pub fn new(values: Vec<f32>, labels: Vec<u32>) -> Self {
        assert!(!labels.is_empty() && values.len().is_multiple_of(labels.len()), "samples are of one length");
        Self { values, labels, order: Vec::new(), next: 0 }
    }
}

impl Samples for InMemory {
    fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn sample_len(&self) -> usize {
        self.values.len() / self.labels.len()
    }

    fn begin(&mut self, pass: &Pass<'_>) -> Result<(), SourceError> {
        self.order = pass.order.to_vec();
        self.next = 0;
        Ok(())
    }

    fn fill(&mut self, count: usize, out: &mut [f32]) -> Result<(), SourceError> {
        let length = self.sample_len();
        let order = &self.order[self.next..self.next + count];
        for (sample, out) in order.iter().zip(out.chunks_exact_mut(length)) {
            out.copy_from_slice(&self.values[*sample as usize * length..][..length]);
        }
        self.next += count;
        Ok(())
    }
}

/// Samples that go through the frozen part of the base before they are trained on: images in, activations out.
pub struct ThroughFrozen<S> {
    samples: S,
    base: Box<dyn FrozenBase>,
    inputs: Vec<f32>,
}

impl<S: Samples> ThroughFrozen<S> {
    /// `base` computes what `samples` yields.
    pub fn new(samples: S, base: Box<dyn FrozenBase>) -> Self {
        let expected: usize = base.input_shape().iter().product();
        assert_eq!(samples.sample_len(), expected, "the frozen part reads samples of its own size");
        Self { samples, base, inputs: Vec::new() }
    }
}

impl<S: Samples> Samples for ThroughFrozen<S> {
    fn labels(&self) -> &[u32] {
        self.samples.labels()
    }

    fn sample_len(&self) -> usize {
        self.base.output_shape().iter().product()
    }

    fn begin(&mut self, pass: &Pass<'_>) -> Result<(), SourceError> {
        self.samples.begin(pass)
    }

    fn fill(&mut self, count: usize, out: &mut [f32]) -> Result<(), SourceError> {
        self.inputs.resize(count * self.samples.sample_len(), 0.0);
        self.samples.fill(count, &mut self.inputs)?;
        self.base.run(&self.inputs, count, out).map_err(Into::into)
    }
}
