//! Watching a folder of experiments: what changes in meaning runs again by itself.
//!
//! - [`settle`]: bursts of file events become one change, once they are over. Pure; the time is given.
//! - [`queue`]: which experiment runs, which wait, what a change of the running one does. Pure.
//! - `watcher`: the only place that knows `notify`; falls back to polling.
//! - `worker`: one run after the other on a thread of its own.
//! - [`session`]: puts them together.
//!
//! Invariants: what decides is the resolved experiment and its data by content, never a file's time. What frostline itself
//! writes (runs, cache) triggers nothing. A file that is broken keeps its last good run.

pub mod event;
pub mod queue;
pub mod session;
pub mod settle;
mod watcher;
mod worker;

pub use event::{WatchEvent, WatchReporter};
pub use queue::OnBusy;
pub use session::{Ended, Options, Session, WatchError, experiment_files};
