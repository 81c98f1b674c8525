//! frostline: a declarative transfer-learning experiment runner.
//!
//! One TOML file is one experiment. It becomes a checked [`spec::Experiment`], is pinned down by content
//! ([`stages::prepare`]), planned ([`stages::plan()`]) and run ([`stages::run()`]) in three stages against a [`cache`], and leaves a
//! directory in [`runs`].
//!
//! # Map
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`cli`] | the command line, one file per verb; the only place that reads the environment and exits |
//! | [`spec`] | the experiment file: layers, every problem at once, the checked model, the schema |
//! | [`stages`] | bottleneck, top, fine-tune; the only place where the cache meets work |
//! | [`train`] | the training loop: models, optimisers, schedules, states that resume bit for bit |
//! | [`net`] | the typed shell over dfdx: VGG16 with compile-time channels, its frozen part, its trained end |
//! | [`kernels`] | the arithmetic: f32 slices in, f32 slices out; the only `unsafe` |
//! | [`data`] | images: manifests, splits, decoding, resizing, augmentation, prefetching |
//! | [`weights`] | other people's weight files |
//! | [`cache`] | what was computed once: records, results, training states; explains its misses |
//! | [`runs`] | run directories: states, metrics, summaries, names |
//! | [`sweep`] | many variations of one experiment: points, sharing, pruning, results |
//! | [`watch`] | a folder of experiments whose changes run by themselves |
//! | [`report`] | curves, confusion, pages, TensorBoard events |
//! | [`event`], [`stop`], [`files`], [`clock`], [`rng`], [`digest`] | the doors to the world, and identity by content |
//!
//! # Invariants
//!
//! - Arrows point one way: cli → sweep → stages → train → net → kernels, and stages → data, cache, spec. `tests/layers.rs` reads
//!   the imports and holds the modules to it.
//! - Work emits [`event::Event`]s and asks a [`stop::StopToken`] once a batch. It never prints, reads the clock or the
//!   environment, and never exits.
//! - Every random draw is a pure function of (seed, purpose, epoch, index): [`rng::Stream`]. Every sum has one order. So a
//!   result depends on nothing but the resolved experiment, the data and the weights.
//! - What a result depends on is listed once, by content; that list is its key and the explanation of a miss.
//! - A file appears whole or not at all; nothing is used whose checksum does not match.

pub mod cache;
pub mod cli;
pub mod clock;
pub mod data;
pub mod digest;
pub mod event;
pub mod files;
pub mod kernels;
pub mod net;
pub mod report;
pub mod rng;
pub mod runs;
pub mod spec;
pub mod stages;
pub mod stop;
pub mod sweep;
pub mod train;
pub mod watch;
pub mod weights;
