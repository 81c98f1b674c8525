//! Watching a folder of experiments: what changes in meaning runs again by itself.
//!
//! - [`settle`]: bursts of file events become one change, once they are over. Pure; the time is given.
//! - [`queue`]: which experiment runs, which wait, what a change of the running one does. Pure.
//! - `known`: what is known of each experiment file, and which paths concern whom.
//! - `watcher`: the only place that knows `notify`; `watching` says what it is to watch, and when to poll instead.
//! - `worker`: one run after the other on a thread of its own.
//! - [`session`]: puts them together; `look` decides what a change means, `turns` begins and ends runs.
//!
//! Invariants: what decides is the resolved experiment and its data by content, never a file's time. What frostline itself
//! writes (runs, cache) triggers nothing. A file that is broken keeps its last good run.

pub mod event;
mod filesystem;
mod folder;
mod known;
mod look;
pub mod queue;
mod remote;
pub mod session;
pub mod settle;
mod tools;
mod turns;
mod watcher;
mod watching;
mod worker;

pub use event::{Finish, WatchEvent, WatchReporter};
pub use folder::experiment_files;
pub use queue::OnBusy;
pub use remote::{Remote, Wish};
pub use session::Session;
pub use tools::{Ended, Options, RunSweep, Tools, WatchError};
