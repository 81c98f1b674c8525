//! Images on disk to pixels in memory: which files there are, what they show, and how training sees them.
//!
//! | module | does |
//! | --- | --- |
//! | [`scan`](mod@scan) | walks a folder of class folders into a [`manifest`](mod@manifest): classes, paths, digests |
//! | [`digests`](mod@digests) | what was read before and has not changed since |
//! | [`split`](mod@split) | a stratified part of a manifest, for validation |
//! | [`decode`](mod@decode) | bytes to [`pixels`](mod@pixels): RGB, upright, on white, whatever the file was |
//! | [`resize`](mod@resize) | Pillow's four filters, bit for bit |
//! | [`preprocess`](mod@preprocess) | pixels to the numbers the network was trained on |
//! | [`augment`](mod@augment) | Keras' `ImageDataGenerator`, drawn per (seed, epoch, image) |
//! | [`load`](mod@load) | one image of a manifest, read, checked against its digest, decoded and resized |
//! | [`walk`](mod@walk) | the files under any folder, lazily |
//! | [`pipeline`](mod@pipeline) | ordered prefetching on worker threads, in bounded memory |
//!
//! It must not know: networks, experiment files, caches, runs. It prints nothing and reads no clock and no environment.
//!
//! Invariants:
//! - The same bytes give the same pixels on every machine: no result depends on the instruction set or the number of
//!   threads.
//! - Nothing is allocated for what a header claims before the claim was held against [`decode::MAX_PIXELS`].
//! - A file that isn't what the manifest saw is never used under the manifest's digest.

pub mod augment;
pub mod decode;
pub mod digests;
pub mod load;
pub mod manifest;
pub mod pipeline;
pub mod pixels;
pub mod preprocess;
pub mod problem;
pub mod resize;
pub mod scan;
pub mod split;
pub mod walk;

pub use augment::{Augment, Fill, Transform};
pub use decode::{Format, ImageError, decode};
pub use digests::{Digests, Stamp};
pub use load::{LoadError, Target, check, load, load_file, load_original};
pub use manifest::{Image, Manifest, Skipped, path_under};
pub use pipeline::{Lease, Prefetch};
pub use pixels::Pixels;
pub use preprocess::Preprocess;
pub use problem::{DataError, Problem, Warning, warnings};
pub use resize::{Filter, resize};
pub use scan::{OnAbsentClass, OnBadImage, ScanOptions, left_out, scan, scan_again};
pub use split::split;
pub use walk::Walk;
