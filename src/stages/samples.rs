//! What the training loop reads: stored activations, or images augmented anew in every epoch.

use std::sync::Arc;

use rayon::prelude::*;

use super::convert;
use super::error::StageError;
use super::prepare::Prepared;
use crate::cache::{Read, Shelf};
use crate::data::{self, Augment, Manifest, Pixels, Prefetch, Preprocess, Target};
use crate::digest::Digest;
use crate::event::Stage;
use crate::train::{Pass, Samples, SourceError};

/// Decoded images that wait for the network, in batches.
const BATCHES_AHEAD: usize = 2;

/// Stored activations, read at offsets into the trainer's buffer: memory does not grow with their number.
pub(super) struct Stored {
    stage: Stage,
    shelf: Arc<Shelf>,
    digests: Vec<Digest>,
    labels: Vec<u32>,
    order: Vec<u32>,
    next: usize,
}

impl Stored {
    pub fn new(stage: Stage, shelf: &Arc<Shelf>, manifest: &Manifest) -> Self {
        Self {
            stage,
            shelf: Arc::clone(shelf),
            digests: manifest.images.iter().map(|image| image.digest).collect(),
            labels: manifest.labels(),
            order: Vec::new(),
            next: 0,
        }
    }
}

impl Samples for Stored {
    fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn sample_len(&self) -> usize {
        self.shelf.record_bytes() / size_of::<f32>()
    }

    fn begin(&mut self, pass: &Pass<'_>) -> Result<(), SourceError> {
        self.order.clear();
        self.order.extend_from_slice(pass.order);
        self.next = 0;
        Ok(())
    }

    fn fill(&mut self, count: usize, out: &mut [f32]) -> Result<(), SourceError> {
        let length = self.sample_len();
        let wanted = &self.order[self.next..self.next + count];
        // Every record's checksum is verified, which all threads share: the network waits for the batch.
        let whole = wanted
            .par_iter()
            .zip(out.par_chunks_exact_mut(length))
            .all(|(&sample, record)| self.shelf.read_f32(&self.digests[sample as usize], record) == Read::Found);
        self.next += count;
        if whole { Ok(()) } else { Err(Box::new(StageError::DamagedWhileReading { stage: self.stage })) }
    }
}

/// Training images, augmented anew in every epoch by threads of their own, ahead of the network.
pub(super) struct Augmented {
    stage: Stage,
    reading: Arc<Reading>,
    labels: Vec<u32>,
    pass: Option<Prefetch<Vec<f32>, StageError>>,
}

/// What it takes to make one augmented image.
pub(super) struct Reading {
    stage: Stage,
    manifest: Arc<Manifest>,
    target: Target,
    preprocess: Preprocess,
    augment: Augment,
    seed: u64,
}

impl Augmented {
    pub fn new(stage: Stage, prepared: &Prepared, manifest: &Arc<Manifest>, augment: Augment) -> Self {
        let reading = Reading::new(stage, prepared, manifest, augment);
        Self { stage, labels: manifest.labels(), reading: Arc::new(reading), pass: None }
    }
}

impl Reading {
    pub fn new(stage: Stage, prepared: &Prepared, manifest: &Arc<Manifest>, augment: Augment) -> Self {
        let settings = &prepared.experiment.data;
        Self {
            stage,
            manifest: Arc::clone(manifest),
            target: convert::target(settings),
            preprocess: convert::preprocess(settings),
            augment,
            seed: prepared.experiment.seed.get(),
        }
    }

    /// The training image at a place of the manifest, at the target size.
    pub fn pixels(&self, place: u32) -> Result<Pixels, StageError> {
        let image = &self.manifest.images[place as usize];
        data::load(&self.manifest.root, image, &self.target)
            .map_err(|source| StageError::Image { stage: self.stage, source })
    }

    /// The same as augmentation makes it look in an epoch: HWC, grey levels from 0 to 255.
    pub fn augmented(&self, epoch: u32, place: u32, pixels: &Pixels) -> Vec<f32> {
        let transform = self.augment.draw(self.seed, epoch, u64::from(place), self.target.height, self.target.width);
        let mut augmented = Vec::new();
        self.augment.apply(&transform, pixels, &mut augmented);
        augmented
    }

    /// The same as the network reads it: CHW, preprocessed.
    fn image(&self, epoch: u32, place: u32, values: &mut Vec<f32>) -> Result<(), StageError> {
        let augmented = self.augmented(epoch, place, &self.pixels(place)?);
        values.resize(augmented.len(), 0.0);
        self.preprocess.from_f32(&augmented, values);
        Ok(())
    }
}

impl Samples for Augmented {
    fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn sample_len(&self) -> usize {
        3 * self.reading.target.height * self.reading.target.width
    }

    fn begin(&mut self, pass: &Pass<'_>) -> Result<(), SourceError> {
        let (order, epoch, reading) = (pass.order.to_vec(), pass.epoch, Arc::clone(&self.reading));
        let settings =
            data::pipeline::Settings { threads: rayon::current_num_threads(), ahead: BATCHES_AHEAD * pass.batch_size };
        self.pass = None;
        self.pass = Some(Prefetch::start(settings, order.len(), move |at, values: &mut Vec<f32>| {
            reading.image(epoch, order[at], values)
        }));
        Ok(())
    }

    fn fill(&mut self, count: usize, out: &mut [f32]) -> Result<(), SourceError> {
        let length = self.sample_len();
        let pass = self.pass.as_mut().ok_or(StageError::Interrupted { stage: self.stage })?;
        for record in out.chunks_exact_mut(length).take(count) {
            let values = pass.next().expect("as many samples are read as the pass announced")?;
            record.copy_from_slice(&values);
        }
        Ok(())
    }
}
