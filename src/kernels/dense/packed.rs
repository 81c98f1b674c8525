//! A batch's inputs as the kernels read them.

use rayon::prelude::*;

use crate::kernels::numbers::Numbers;

/// Inputs in a chunk: 16 samples of it are 16 KiB, half of a core's first cache.
pub(super) const CHUNK: usize = 256;
/// Inputs below which a batch is packed, or compared, by one thread.
const WORTH_THREADS: usize = 1 << 16;

/// The inputs of a batch, `[chunk of inputs][sample][256]`, the last chunk filled up with zeros.
///
/// Rows of a plain batch lie a power of two apart as often as not, and would fall into the same few sets of a cache.
#[derive(Debug, Default)]
pub struct Packed {
    values: Numbers,
    batch: usize,
    inputs: usize,
}

impl Packed {
    /// A batch `[batch][inputs]` in memory of its own.
    pub fn new(x: &[f32], batch: usize) -> Self {
        let mut packed = Self::default();
        packed.pack(x, batch);
        packed
    }

    /// Takes another batch, `[batch][inputs]`, into the same memory where it is large enough.
    pub fn pack(&mut self, x: &[f32], batch: usize) {
        assert!(batch > 0 && x.len().is_multiple_of(batch), "a batch has samples of one length");
        (self.batch, self.inputs) = (batch, x.len() / batch);
        let (len, inputs) = (self.chunks() * batch * CHUNK, self.inputs);
        if self.values.len() < len {
            self.values = Numbers::zeros(len);
        }
        let values = &mut self.values[..len];
        let fill = |(chunk, to): (usize, &mut [f32])| {
            let (from, count) = (chunk * CHUNK, CHUNK.min(inputs - chunk * CHUNK));
            for (n, to) in to.chunks_exact_mut(CHUNK).enumerate() {
                to[..count].copy_from_slice(&x[n * inputs + from..][..count]);
                to[count..].fill(0.0);
            }
        };
        if x.len() < WORTH_THREADS {
            values.chunks_exact_mut(batch * CHUNK).enumerate().for_each(fill);
        } else {
            values.par_chunks_exact_mut(batch * CHUNK).enumerate().for_each(fill);
        }
    }

    /// Whether these are the very bits of a batch `[batch][inputs]`.
    pub fn holds(&self, x: &[f32], batch: usize) -> bool {
        let same = |(chunk, n): (usize, usize)| {
            let ours = &self.chunk(chunk)[n][..CHUNK.min(self.inputs - chunk * CHUNK)];
            let theirs = &x[n * self.inputs + chunk * CHUNK..][..ours.len()];
            ours.iter().zip(theirs).fold(0, |differing, (a, b)| differing | (a.to_bits() ^ b.to_bits())) == 0
        };
        let all_same = |chunk: usize| (0..batch).all(|n| same((chunk, n)));
        self.batch == batch
            && self.batch * self.inputs == x.len()
            && if x.len() < WORTH_THREADS {
                (0..self.chunks()).all(all_same)
            } else {
                (0..self.chunks()).into_par_iter().all(all_same)
            }
    }

    /// Samples.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Values of a sample.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn chunks(&self) -> usize {
        self.inputs.div_ceil(CHUNK)
    }

    /// One chunk of each sample.
    pub(super) fn chunk(&self, index: usize) -> &[[f32; CHUNK]] {
        assert!(index < self.chunks(), "a chunk of the inputs");
        self.values[index * self.batch * CHUNK..][..self.batch * CHUNK].as_chunks().0
    }
}
