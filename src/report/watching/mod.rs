//! A watched folder: lines for people, objects for programs, and the screen.

mod json;
mod lines;
pub mod screen;
mod text;

pub use json::WatchJson;
pub use lines::WatchLines;
