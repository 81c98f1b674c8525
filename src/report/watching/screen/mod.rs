//! The full-screen view of a watched folder.
//!
//! - `row`: one experiment, as events tell of it.
//! - `state`: all of them, which is selected, what keys do. Pure: events and keys in, wishes out.
//! - `draw` with `table`, `curves`, `log`: the state on a frame of any size. Pure.
//! - `live`: the terminal behind it; the only place that reads keys and writes to the terminal.

mod curves;
mod draw;
mod keys;
mod live;
mod log;
mod marks;
mod point;
mod row;
mod state;
mod table;
mod theme;
mod work;

pub use keys::{Action, Key};
pub use live::{Front, Live, ScreenReporter, restore};
pub use row::{Row, State};
pub use state::Screen;
pub use theme::Theme;
