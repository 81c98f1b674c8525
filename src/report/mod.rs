//! What people look at: curves, confusion, comparison, pages that need nothing else.
//!
//! Everything here is a pure function of [`RunView`], the plain account of one run, but for two doors: [`RunView::load`]
//! reads a run directory and [`write_run`] writes pictures and page into one. Nothing here asks the clock, the
//! environment or a terminal: width and colour are arguments, and the same run gives the same bytes.
//!
//! Invariants:
//! - a page is one file: no link, script, font or picture is fetched from anywhere;
//! - every text that comes from a run (class names, paths, reasons) passes through the template's escaping, or, inside
//!   the data of a script, through `page::frame`'s;
//! - values are shown as `metrics.csv` has them: cells keep their text.

pub mod account;
pub mod classes;
pub mod compare;
pub mod error;
pub mod examples;
mod load;
pub mod objective;
mod page;
mod pictures;
pub mod plots;
mod progress;
mod reading;
mod runs_page;
pub mod settings;
mod sweep_bars;
mod sweep_lines;
mod sweep_view;
pub mod tensorboard;
mod thumbnail;
pub mod view;
mod watching;
mod write;

pub use crate::data::Pixels;
pub use classes::{ClassScore, Confusion};
pub use compare::{Comparison, Emphasis};
pub use error::{ReportError, ReportProblem};
pub use objective::{Objective, best};
pub use page::run_page;
pub use pictures::{Augmented, Pictures};
pub use plots::confusion::confusion_svg;
pub use plots::curves::curves_svg;
pub use plots::terminal::{Palette, TerminalSize, terminal_curves};
pub use progress::{Bars, Download, DownloadBar, DownloadLines, Lines};
pub use runs_page::{runs_page, sweep_page};
pub use settings::Settings;
pub use sweep_bars::SweepBars;
pub use sweep_lines::{Detail, SweepLines};
pub use sweep_view::{Importance, Spread, SweepView, Trial};
pub use tensorboard::event_file;
pub use view::{Cell, Column, Epoch, Fact, Outcome, Prediction, RunView, Skipped, StageView, Template};
pub use watching::{WatchJson, WatchLines, screen};
pub use write::{is_written, write, write_run};
