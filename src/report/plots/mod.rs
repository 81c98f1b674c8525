//! Pictures as text: SVG for files, shapes for pages, braille for terminals. Each is drawn from the same geometry.

pub mod confusion;
pub mod curves;
pub mod geometry;
pub mod scale;
pub mod terminal;
