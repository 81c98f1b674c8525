//! One JSON object per event, one a line.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use crate::watch::{WatchEvent, WatchReporter};

/// One JSON object per event, one a line.
pub struct WatchJson<W> {
    out: Mutex<W>,
}

impl<W: Write + Send> WatchJson<W> {
    /// Objects into `out`.
    pub fn new(out: W) -> Self {
        Self { out: Mutex::new(out) }
    }
}

impl<W: Write + Send> WatchReporter for WatchJson<W> {
    fn event(&self, event: &WatchEvent) {
        let line = serde_json::to_string(event).expect("texts and numbers always serialise");
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can be told that nobody can be told.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}
