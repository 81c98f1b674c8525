//! The running run's sign of life: a thread that renews the heartbeat in `status.json`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::error::RunError;
use super::status::{BEAT, Status};
use crate::clock::Clock;

/// Progress is written at most so often: a person cannot read faster, and each write waits for the disk.
const PROGRESS: Duration = Duration::from_millis(500);

/// Keeps `status.json` true while a process works on the run.
#[derive(Debug)]
pub(super) struct Pulse {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    run: PathBuf,
    clock: Arc<dyn Clock>,
    record: Mutex<Record>,
    wake: Condvar,
}

#[derive(Debug)]
struct Record {
    status: Status,
    written: Duration,
    ending: bool,
}

impl Pulse {
    /// Starts beating for a run whose status is on the disk.
    pub(super) fn start(run: &Path, status: Status, clock: Arc<dyn Clock>) -> Self {
        let record = Record { status, written: clock.monotonic(), ending: false };
        let shared = Arc::new(Shared { run: run.to_owned(), clock, record: Mutex::new(record), wake: Condvar::new() });
        let beating = shared.clone();
        let thread = std::thread::Builder::new().name("heartbeat".to_owned()).spawn(move || beating.beat()).ok();
        Self { shared, thread }
    }

    /// Notes progress; the disk learns of it soon.
    pub(super) fn note(&self, change: impl FnOnce(&mut Status)) {
        let mut record = self.shared.record();
        change(&mut record.status);
        if self.shared.clock.monotonic().saturating_sub(record.written) >= PROGRESS {
            // If the disk refuses a sign of life, what matters will be refused too, and that says so.
            let _ = self.shared.write(&mut record);
        }
    }

    /// Changes the status on the disk, at once.
    pub(super) fn set(&self, change: impl FnOnce(&mut Status)) -> Result<(), RunError> {
        let mut record = self.shared.record();
        change(&mut record.status);
        self.shared.write(&mut record)
    }

    /// The status as it is now.
    pub(super) fn status(&self) -> Status {
        self.shared.record().status.clone()
    }

    /// Stops beating: the last word is the caller's.
    pub(super) fn stop(&mut self) {
        self.shared.record().ending = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // A beat that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beat(&self) {
        let mut record = self.record();
        while !record.ending {
            record = self.wake.wait_timeout(record, BEAT).unwrap_or_else(PoisonError::into_inner).0;
            if !record.ending {
                // A full disk may have room again at the next beat.
                let _ = self.write(&mut record);
            }
        }
    }

    fn write(&self, record: &mut Record) -> Result<(), RunError> {
        record.status.heartbeat = self.clock.now().into();
        record.written = self.clock.monotonic();
        record.status.write(&self.run)
    }
}
