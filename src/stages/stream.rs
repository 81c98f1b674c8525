//! Image files on their way to a network: decoded ahead by threads, handed over in batches, never more in memory than a
//! few of them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::PathBuf;

use crate::data::{self, Lease, LoadError, Prefetch, Preprocess, Target};

/// Files that are taken from the list at most at a time, as the list may be endless. Decoding starts anew with each portion,
/// which costs the time of one image.
const PORTION: usize = 256;
/// Decoded images that wait for the network, in batches.
const BATCHES_AHEAD: usize = 2;

/// A list of files, which may still be being written.
pub type Files<'a> = dyn Iterator<Item = Listed> + 'a;

/// What a list of files has next.
#[derive(Debug)]
pub enum Listed {
    /// A file, or why it could not even be listed.
    File(Result<PathBuf, LoadError>),
    /// Nothing for now: what was listed before is not to wait for what comes.
    Pause,
}

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
    /// The list paused after the portion.
    is_paused: bool,
    seen: usize,
}

/// What a stream has next.
enum Next {
    Image(Result<(PathBuf, Lease<Decoded>), LoadError>),
    Pause,
    End,
}

impl<'a> ImageStream<'a> {
    pub fn new(files: &'a mut Files<'a>, reading: Reading) -> Self {
        Self { files, reading, portion: None, is_paused: false, seen: 0 }
    }

    /// Gathers the next images: fewer than a batch only at the end and where the list pauses. `bad` is told of each file that
    /// is no usable image, with its place. Says whether there may be more.
    pub fn next_batch(&mut self, gathered: &mut Gathered, bad: &mut dyn FnMut(usize, LoadError)) -> bool {
        gathered.values.clear();
        gathered.images.clear();
        while gathered.images.len() < self.reading.batch {
            match self.next() {
                Next::Pause => return true,
                Next::End => return false,
                Next::Image(Ok((path, decoded))) => {
                    gathered.values.extend_from_slice(&decoded.values);
                    gathered.images.push((self.seen, path));
                }
                Next::Image(Err(error)) => bad(self.seen, error),
            }
            self.seen += 1;
        }
        true
    }

    fn next(&mut self) -> Next {
        loop {
            if let Some(next) = self.portion.as_mut().and_then(Portion::next) {
                return Next::Image(next);
            }
            if std::mem::take(&mut self.is_paused) {
                return Next::Pause;
            }
            let files = self.listed();
            match (files.is_empty(), self.is_paused) {
                (true, false) => return Next::End,
                (true, true) => {}
                (false, _) => self.portion = Some(Portion::start(files, self.reading)),
            }
        }
    }

    /// The next portion of the list, up to where it pauses.
    fn listed(&mut self) -> Vec<Result<PathBuf, LoadError>> {
        let mut files = Vec::new();
        while files.len() < PORTION && !self.is_paused {
            match self.files.next() {
                Some(Listed::File(file)) => files.push(file),
                Some(Listed::Pause) => self.is_paused = true,
                None => break,
            }
        }
        files
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
