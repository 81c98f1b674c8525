//! Image files on their way to a network: decoded ahead by threads, handed over in batches, never more in memory than a
//! few of them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::PathBuf;

use crate::data::{self, Lease, LoadError, Prefetch, Preprocess, Target};

/// Files that are taken from the list at a time, as the list may be endless. Decoding starts anew with each portion, which
/// costs the time of one image.
const PORTION: usize = 256;
/// Decoded images that wait for the network, in batches.
const BATCHES_AHEAD: usize = 2;

/// A list of files, some of which could not even be listed.
pub type Files<'a> = dyn Iterator<Item = Result<PathBuf, LoadError>> + 'a;

/// How images are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub target: Target,
    pub preprocess: Preprocess,
    /// Images that are handed over at a time.
    pub batch: usize,
}

/// Images that can be shown to a network together.
#[derive(Default)]
pub(super) struct Gathered {
    /// CHW, preprocessed, one after the other.
    pub values: Vec<f32>,
    /// Each image's place in the list of files, and its path.
    pub images: Vec<(usize, PathBuf)>,
}

/// The images of a list of files, in their order.
pub(super) struct ImageStream<'a> {
    files: &'a mut Files<'a>,
    reading: Reading,
    portion: Option<Portion>,
    seen: usize,
}

impl<'a> ImageStream<'a> {
    pub fn new(files: &'a mut Files<'a>, reading: Reading) -> Self {
        Self { files, reading, portion: None, seen: 0 }
    }

    /// Gathers the next images: fewer than a batch only at the end, none after it. `bad` is told of each file that is no
    /// usable image, with its place.
    pub fn next_batch(&mut self, gathered: &mut Gathered, bad: &mut dyn FnMut(usize, LoadError)) {
        gathered.values.clear();
        gathered.images.clear();
        while gathered.images.len() < self.reading.batch {
            let Some(next) = self.next_image() else { break };
            match next {
                Ok((path, decoded)) => {
                    gathered.values.extend_from_slice(&decoded.values);
                    gathered.images.push((self.seen, path));
                }
                Err(error) => bad(self.seen, error),
            }
            self.seen += 1;
        }
    }

    fn next_image(&mut self) -> Option<Result<(PathBuf, Lease<Decoded>), LoadError>> {
        loop {
            if let Some(next) = self.portion.as_mut().and_then(Portion::next) {
                return Some(next);
            }
            let files: Vec<_> = self.files.take(PORTION).collect();
            if files.is_empty() {
                return None;
            }
            self.portion = Some(Portion::start(files, self.reading));
        }
    }
}

/// An image's values, or why there are none.
#[derive(Default)]
struct Decoded {
    values: Vec<f32>,
    bad: Option<LoadError>,
}

/// Some files that are being decoded.
struct Portion {
    files: VecDeque<Result<PathBuf, LoadError>>,
    images: Prefetch<Decoded, Infallible>,
}

impl Portion {
    fn start(files: Vec<Result<PathBuf, LoadError>>, reading: Reading) -> Self {
        let paths: Vec<PathBuf> = files.iter().flatten().cloned().collect();
        let settings =
            data::pipeline::Settings { threads: rayon::current_num_threads(), ahead: BATCHES_AHEAD * reading.batch };
        let images = Prefetch::start(settings, paths.len(), move |at, decoded: &mut Decoded| {
            decoded.bad = None;
            match data::load_file(&paths[at], &reading.target) {
                Ok(pixels) => {
                    decoded.values.resize(pixels.rgb.len(), 0.0);
                    reading.preprocess.from_u8(&pixels.rgb, &mut decoded.values);
                }
                Err(error) => decoded.bad = Some(error),
            }
            Ok(())
        });
        Self { files: files.into(), images }
    }

    fn next(&mut self) -> Option<Result<(PathBuf, Lease<Decoded>), LoadError>> {
        let path = match self.files.pop_front()? {
            Ok(path) => path,
            Err(error) => return Some(Err(error)),
        };
        let Ok(mut decoded) = self.images.next().expect("every path is decoded");
        match decoded.bad.take() {
            Some(error) => Some(Err(error)),
            None => Some(Ok((path, decoded))),
        }
    }
}
