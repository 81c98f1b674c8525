//! The door to the disk: whole files or none, durable folders, locks, and errors that say which path and what was needed.
//!
//! Everything that frostline keeps goes through here, so that one place decides what "written" means: a temporary file in
//! the same folder, fsync, rename, fsync of the folder. Every operation that changes the disk first asks [`fault`], which
//! lets a test make each of them fail in turn.
//!
//! This module knows nothing of runs, caches or formats.

mod append;
mod atomic;
mod error;
pub mod fault;
mod folder;
mod lock;
mod positioned;
mod read;

pub use append::Appender;
pub use atomic::{AtomicFile, clear_stale, write_atomic};
pub use error::{FileError, Operation};
pub use folder::{
    create_folder, folder_bytes, list_folder, modified, remove_file, remove_folder, rename, sync_folder, touch,
};
pub use lock::{Holder, Lock, LockError, Wait, Waiting};
pub use positioned::PositionedFile;
pub use read::{read, read_at_most, read_if_there, read_text};
