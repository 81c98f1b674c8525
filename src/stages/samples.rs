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

/// Stored activations of so many bytes are kept in memory once they were read; more of them are read anew in every epoch.
const KEPT_BYTES: usize = 256 << 20;

/// Stored activations, read at offsets into the trainer's buffer: memory does not grow with their number beyond
/// [`KEPT_BYTES`].
pub(super) struct Stored {
    stage: Stage,
    shelf: Arc<Shelf>,
    digests: Vec<Digest>,
    labels: Vec<u32>,
    /// What was read and verified, by sample; empty where not all of it may be kept.
    kept: Vec<Option<Box<[f32]>>>,
    order: Vec<u32>,
    next: usize,
}

impl Stored {
    pub fn new(stage: Stage, shelf: &Arc<Shelf>, manifest: &Manifest) -> Self {
        Self::keeping(KEPT_BYTES, stage, shelf, manifest)
    }

    fn keeping(bytes: usize, stage: Stage, shelf: &Arc<Shelf>, manifest: &Manifest) -> Self {
        let samples = manifest.images.len();
        Self {
            kept: vec![None; if samples * shelf.record_bytes() <= bytes { samples } else { 0 }],
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
        let kept = |sample: u32| self.kept.get(sample as usize)?.as_deref();
        // Every record that is read is verified, which all threads share: the network waits for the batch.
        let whole =
            wanted.par_iter().zip(out.par_chunks_exact_mut(length)).all(|(&sample, record)| match kept(sample) {
                Some(values) => {
                    record.copy_from_slice(values);
                    true
                }
                None => self.shelf.read_f32(&self.digests[sample as usize], record) == Read::Found,
            });
        if whole && !self.kept.is_empty() {
            for (&sample, record) in wanted.iter().zip(out.chunks_exact(length)) {
                self.kept[sample as usize].get_or_insert_with(|| record.into());
            }
        }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cache::{Cache, Inputs};
    use crate::clock::SystemClock;
    use crate::files::{Wait, Waiting};
    use crate::stop::StopToken;

    const LENGTH: usize = 3;

    fn digest(sample: u8) -> Digest {
        Digest::of(&[sample])
    }

    /// A shelf that holds LENGTH times its own number for each of six samples.
    fn shelf(folder: &Path) -> Shelf {
        let cache = Cache::open(folder, SystemClock::shared()).expect("the cache opens");
        let shelf = cache.shelf(&Inputs::new("activations"), LENGTH * size_of::<f32>()).expect("opens");
        let records: Vec<(Digest, Vec<u8>)> =
            (0..6).map(|sample| (digest(sample), [f32::from(sample); LENGTH].map(f32::to_le_bytes).concat())).collect();
        let borrowed: Vec<(Digest, &[u8])> = records.iter().map(|(image, bytes)| (*image, &bytes[..])).collect();
        let (stop, mut patience) = (StopToken::new(), |_: &Waiting| {});
        let mut writer = shelf.writer(Wait { stop: &stop, on_wait: &mut patience }).expect("becomes the writer");
        writer.append(&borrowed).expect("appends");
        drop(writer);
        shelf
    }

    fn pass(stored: &mut Stored, order: [u32; 6]) -> Result<(), SourceError> {
        stored.begin(&Pass { epoch: 0, order: &order, batch_size: 4 })?;
        let mut values = [f32::NAN; 6 * LENGTH];
        let (first, second) = values.split_at_mut(4 * LENGTH);
        stored.fill(4, first)?;
        stored.fill(2, second)?;
        assert_eq!(values, order.map(|sample| [sample as f32; LENGTH]).as_flattened());
        Ok(())
    }

    /// Flips a bit in the last record on the disk.
    fn damage(folder: &Path) {
        let entry = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let entry = entry.into_iter().find(|path| path.is_dir()).expect("the entry");
        let segment = entry.join("segment-000001.shelf");
        let mut bytes = std::fs::read(&segment).expect("the segment");
        let at = bytes.windows(4).rposition(|four| four == 5f32.to_le_bytes()).expect("the last record");
        bytes[at] ^= 1;
        std::fs::write(segment, bytes).expect("writes");
    }

    #[test]
    fn few_activations_are_read_once_and_many_are_read_and_verified_in_every_pass() {
        for (bytes, sound) in [(6 * LENGTH * 4, true), (6 * LENGTH * 4 - 1, false)] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let shelf = Arc::new(shelf(folder.path()));
            let image =
                |sample: u8| data::Image { path: sample.to_string(), class: 0, digest: digest(sample), bytes: 1 };
            let images = (0..6).map(image).collect();
            let manifest =
                Manifest { root: folder.path().into(), classes: vec!["a".into()], images, skipped: Vec::new() };
            let mut stored = Stored::keeping(bytes, Stage::Top, &shelf, &manifest);
            pass(&mut stored, [3, 0, 5, 1, 2, 4]).expect("all records are whole");
            damage(folder.path());
            assert_eq!(pass(&mut stored, [5, 4, 3, 2, 1, 0]).is_ok(), sound, "{bytes} bytes");
        }
    }
}
