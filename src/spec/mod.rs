//! The experiment file: from layers of TOML to a checked, immutable [`Experiment`], or to every problem in it at once.
//!
//! Passes, each of which knows only the one before: `load` reads files, environment and flags into layers and merges them; `raw` is the
//! shape; `check` turns it into the [`model`]; `knobs` hold one setting each, with its range.
//!
//! Must not know: the network, the data's contents, terminals. It reads the files it is told of and looks whether data and weights exist.

mod ancestry;
mod assignments;
mod check;
mod context;
mod definition;
mod identity;
mod key;
mod knob;
pub mod knobs;
mod layer;
mod load;
mod manual;
mod merge;
pub mod model;
mod origin;
mod parse;
mod paths;
mod problem;
mod raw;
mod render;
mod schema;
mod settle;
mod shape;
mod sources;
mod suggest;
pub mod sweep;
pub mod templates;

pub use ancestry::Template;
pub use assignments::RESERVED;
pub use context::OnDisk;
pub use identity::{Change, diff};
pub use key::Key;
pub use knob::written;
pub use load::{Overrides, load};
pub use manual::MANUAL;
pub use model::Experiment;
pub use origin::{Origin, Provenance, SourceFile};
pub use problem::{Class, Place, Problem, Problems};
pub use render::Colour;
pub use schema::schema;
