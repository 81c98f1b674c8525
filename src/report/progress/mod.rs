//! Progress for people: bars on a terminal, plain lines elsewhere. Written to stderr, by whoever the command line gives it to.

mod bars;
mod download;
mod lines;
mod text;

pub use bars::Bars;
pub use download::{Download, DownloadBar, DownloadLines};
pub use lines::Lines;
pub(super) use text::{seconds, sentence};
