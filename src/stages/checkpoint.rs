//! Training states on their way to the disk, beside the training.
//!
//! Making a state durable takes the disk's time, not the processor's: a thread of its own does it, so that training goes
//! on meanwhile. A state that comes while the last one is still being written is passed over: the next one supersedes it
//! anyway, and a resumption gives the same bytes from any of them. Where no next one comes, since the training diverges, `last_good`
//! makes it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::cache::{At, CacheError, Rungs};

/// Stores the states of one training.
pub(super) struct Checkpointer {
    states: SyncSender<(At, Vec<u8>)>,
    idle: Arc<AtomicBool>,
    writer: JoinHandle<Result<Rungs, CacheError>>,
}

impl Checkpointer {
    pub fn start(rungs: Rungs) -> Self {
        let (states, received) = sync_channel(1);
        let idle = Arc::new(AtomicBool::new(true));
        let busy_flag = Arc::clone(&idle);
        let writer = std::thread::spawn(move || write_all(rungs, &received, &busy_flag));
        Self { states, idle, writer }
    }

    /// Stores a state if the last one is on the disk. Says `false` if storing has failed, which `finish` then reports.
    pub fn offer(&self, at: At, state: impl FnOnce() -> Vec<u8>) -> bool {
        if self.writer.is_finished() {
            return false;
        }
        if self.idle.swap(false, Ordering::AcqRel) {
            return self.states.send((at, state())).is_ok();
        }
        true
    }

    /// Waits for what is on its way and stores the end of the training.
    pub fn finish(self, at: At, state: &[u8]) -> Result<(), CacheError> {
        self.rungs()?.finish(at, state)
    }

    /// Waits for what is on its way and stores where an interrupted training stands.
    pub fn interrupt(self, at: At, state: &[u8]) -> Result<(), CacheError> {
        self.rungs()?.checkpoint(at, state)
    }

    /// Waits for what is on its way; gives the reason if it could not be stored.
    pub fn rungs(self) -> Result<Rungs, CacheError> {
        drop(self.states);
        self.writer.join().expect("the writer of states does not panic")
    }
}

fn write_all(mut rungs: Rungs, states: &Receiver<(At, Vec<u8>)>, idle: &AtomicBool) -> Result<Rungs, CacheError> {
    for (at, state) in states {
        rungs.checkpoint(at, &state)?;
        idle.store(true, Ordering::Release);
    }
    Ok(rungs)
}
