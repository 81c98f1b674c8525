//! Activations of the convolutional base, a record an image, computed once for all who need them.
//!
//! The bottleneck stage stores those after the last convolution; fine-tuning those at its cut, for every image that is
//! not augmented. What is stored is checked before it is used; what is missing or damaged is computed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::error::StageError;
use super::prepare::Prepared;
use super::work::Work;
use super::{convert, keys};
use crate::cache::{Inputs, Key, Read, Shelf, ShelfWriter};
use crate::data::{self, LoadError, Manifest, Prefetch};
use crate::digest::Digest;
use crate::event::{Event, Stage, Unit, Warning};
use crate::net::{self, FrozenBase, FrozenSpec};
use crate::spec::knobs::{OnBadImage, Precision};

/// Decoded images that wait for the base, in batches.
const BATCHES_AHEAD: usize = 2;

/// Which activations, and of which images.
pub(super) struct Extraction<'a> {
    /// On whose behalf.
    pub stage: Stage,
    /// Convolutions from the image, 0 to 13.
    pub depth: usize,
    pub precision: Precision,
    pub manifests: &'a [&'a Arc<Manifest>],
}

impl Extraction<'_> {
    /// The key that the activations are stored under.
    pub fn key(&self, prepared: &Prepared) -> Key {
        self.inputs(prepared).key()
    }

    fn inputs(&self, prepared: &Prepared) -> Inputs {
        keys::activations(prepared, self.depth, self.precision)
    }
}

/// Activations, ready to be read.
pub(super) struct Activations {
    pub shelf: Arc<Shelf>,
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// Distinct images that were found stored.
    pub found: u64,
    /// Distinct images that were computed now.
    pub computed: u64,
    /// Why they had to be computed: the inputs that changed.
    pub because: Vec<String>,
    /// Images that cannot be decoded, and why; only where the experiment skips them.
    pub skipped: BTreeMap<Digest, String>,
}

/// One distinct image of the data.
struct Source {
    manifest: Arc<Manifest>,
    place: usize,
}

impl Source {
    fn digest(&self) -> Digest {
        self.manifest.images[self.place].digest
    }
}

/// Makes sure that every image has its record.
///
/// # Errors
///
/// An image that cannot be used (unless the experiment skips such), a cache that cannot be written, a request to stop.
/// What was computed until then is stored.
pub(super) fn ensure(work: &Work<'_>, extraction: &Extraction<'_>) -> Result<Activations, StageError> {
    let size = work.prepared.experiment.data.target_size;
    let shape = net::shape_at(extraction.depth, size.height as usize, size.width as usize);
    let inputs = extraction.inputs(work.prepared);
    let because = work.reasons(&inputs)?;
    let shelf = Arc::new(work.cache.shelf(&inputs, shape.iter().product::<usize>() * size_of::<f32>())?);
    let sources = distinct(extraction.manifests);
    let forced = work.is_forced(extraction.stage);
    let missing = if forced { sources.iter().collect() } else { missing(&shelf, &sources) };
    work.report_damage();
    let mut activations =
        Activations { shelf, shape, found: sources.len() as u64, computed: 0, because, skipped: BTreeMap::new() };
    if !missing.is_empty() {
        compute(work, extraction, &sources, &mut activations)?;
    }
    Ok(activations)
}

/// Every image once, in the order of the manifests.
fn distinct(manifests: &[&Arc<Manifest>]) -> Vec<Source> {
    let mut seen = HashSet::new();
    let all = manifests.iter().flat_map(|manifest| {
        (0..manifest.images.len()).map(move |place| Source { manifest: Arc::clone(manifest), place })
    });
    all.filter(|source| seen.insert(source.digest())).collect()
}

/// The images without a whole record. Reads and verifies each record that is there, in parallel and bounded memory.
fn missing<'a>(shelf: &Shelf, sources: &'a [Source]) -> Vec<&'a Source> {
    sources
        .par_iter()
        .map_init(
            || vec![0u8; shelf.record_bytes()],
            |record, source| (shelf.read(&source.digest(), record) != Read::Found).then_some(source),
        )
        .flatten()
        .collect()
}

fn compute(
    work: &Work<'_>,
    extraction: &Extraction<'_>,
    sources: &[Source],
    activations: &mut Activations,
) -> Result<(), StageError> {
    let stage = extraction.stage;
    let shelf = Arc::clone(&activations.shelf);
    let mut writer = work.waiting(stage, |wait| shelf.writer(wait))?;
    if work.is_forced(stage) {
        writer.clear()?;
    }
    let todo: Vec<&Source> = sources.iter().filter(|source| !shelf.has(&source.digest())).collect();
    activations.found = (sources.len() - todo.len()) as u64;
    if todo.is_empty() {
        return Ok(());
    }
    work.reporter.event(&Event::StageBegan {
        stage,
        unit: Unit::Images,
        total: sources.len() as u64,
        done: activations.found,
        epochs: 0,
        because: activations.because.clone(),
    });
    let mut base = base(work, extraction)?;
    let images = decode_ahead(work, &todo);
    Batches { work, stage, activations }.run(images, &todo, base.as_mut(), &mut writer)
}

fn base(work: &Work<'_>, extraction: &Extraction<'_>) -> Result<Box<dyn FrozenBase>, StageError> {
    let size = work.prepared.experiment.data.target_size;
    let spec = FrozenSpec {
        from: 0,
        to: extraction.depth,
        height: size.height as usize,
        width: size.width as usize,
        precision: convert::precision(extraction.precision),
    };
    Ok(net::frozen_base_on(work.prepared.engine, &work.prepared.weights, &spec)?)
}

/// A decoded, preprocessed image (CHW), or why there is none.
#[derive(Default)]
struct Decoded {
    values: Vec<f32>,
    bad: Option<LoadError>,
}

/// Decodes and preprocesses images in threads of their own, ahead of the base.
fn decode_ahead(work: &Work<'_>, todo: &[&Source]) -> Prefetch<Decoded, StageError> {
    let settings = &work.prepared.experiment.data;
    let (target, preprocess) = (convert::target(settings), convert::preprocess(settings));
    let sources: Vec<(Arc<Manifest>, usize)> =
        todo.iter().map(|source| (Arc::clone(&source.manifest), source.place)).collect();
    let ahead = BATCHES_AHEAD * work.prepared.experiment.bottleneck.batch_size.get() as usize;
    let threads = rayon::current_num_threads();
    Prefetch::start(data::pipeline::Settings { threads, ahead }, sources.len(), move |at, decoded: &mut Decoded| {
        let (manifest, place) = &sources[at];
        decoded.bad = None;
        match data::load(&manifest.root, &manifest.images[*place], &target) {
            Ok(pixels) => {
                decoded.values.resize(3 * pixels.height * pixels.width, 0.0);
                preprocess.from_u8(&pixels.rgb, &mut decoded.values);
            }
            Err(error) => decoded.bad = Some(error),
        }
        Ok(())
    })
}

/// The loop over batches: decoded images in, records out.
struct Batches<'a, 'w> {
    work: &'a Work<'w>,
    stage: Stage,
    activations: &'a mut Activations,
}

impl Batches<'_, '_> {
    fn run(
        &mut self,
        mut images: Prefetch<Decoded, StageError>,
        todo: &[&Source],
        base: &mut dyn FrozenBase,
        writer: &mut ShelfWriter<'_>,
    ) -> Result<(), StageError> {
        let experiment = &self.work.prepared.experiment;
        let batch = experiment.bottleneck.batch_size.get() as usize;
        let (image_len, record_len) =
            (base.input_shape().iter().product::<usize>(), self.activations.shape.iter().product::<usize>());
        let mut input = vec![0.0; batch * image_len];
        let mut output = vec![0.0; batch * record_len];
        let mut done = self.activations.found;
        for sources in todo.chunks(batch) {
            let digests = self.gather(&mut images, sources, &mut input)?;
            // A GPU has no kernel for nothing.
            if !digests.is_empty() {
                let (input, output) = (&input[..digests.len() * image_len], &mut output[..digests.len() * record_len]);
                base.run(input, digests.len(), output)?;
                let records: Vec<_> = digests.iter().copied().zip(output.chunks_exact(record_len)).collect();
                writer.append_f32(&records)?;
            }
            self.activations.computed += digests.len() as u64;
            done += sources.len() as u64;
            self.work.reporter.event(&Event::Progress { stage: self.stage, done });
            self.work.check_stop(self.stage)?;
        }
        Ok(())
    }

    /// Copies the next images into `input`; gives the digests of those that could be decoded.
    fn gather(
        &mut self,
        images: &mut Prefetch<Decoded, StageError>,
        sources: &[&Source],
        input: &mut [f32],
    ) -> Result<Vec<Digest>, StageError> {
        let mut digests = Vec::with_capacity(sources.len());
        for source in sources {
            let mut decoded = images.next().expect("as many images are decoded as were asked for")?;
            match decoded.bad.take() {
                Some(error) => self.skip(source, error)?,
                None => {
                    let at = digests.len() * decoded.values.len();
                    input[at..at + decoded.values.len()].copy_from_slice(&decoded.values);
                    digests.push(source.digest());
                }
            }
        }
        Ok(digests)
    }

    fn skip(&mut self, source: &Source, error: LoadError) -> Result<(), StageError> {
        let skips = self.work.prepared.experiment.data.on_bad_image == OnBadImage::Skip;
        if !(skips && error.is_bad_image()) {
            return Err(StageError::Image { stage: self.stage, source: error });
        }
        let path = source.manifest.root.join(&source.manifest.images[source.place].path);
        self.work.warn(Warning::SkippedImage { path, problem: error.to_string() });
        self.activations.skipped.insert(source.digest(), error.to_string());
        Ok(())
    }
}
