//! The experiment file: from layers of TOML to a checked, immutable [`Experiment`], or to every problem in it at once.
//!
//! Passes, each of which knows only the one before: `load` reads files, environment and flags into layers and merges them; [`raw`] is the
//! shape; `check` turns it into the [`model`]; `knobs` hold one setting each, with its range.
//!
//! Must not know: the network, the data's contents, terminals. It reads the files it is told of and looks whether data and weights exist.

mod key;
mod knob;
pub mod knobs;
pub mod model;
mod origin;
mod problem;
mod render;
mod suggest;

pub use key::Key;
pub use model::Experiment;
pub use origin::{Origin, Provenance, SourceFile};
pub use problem::{Class, Place, Problem, Problems};
pub use render::Colour;
