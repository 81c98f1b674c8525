//! How far a stage is, and how long it will take.

use std::time::Duration;

/// How far the stage at work is, in its own unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Work {
    total: u64,
    pub done: u64,
    at_start: u64,
    begun: Duration,
}

impl Work {
    /// Work that begins with so much of it done.
    pub fn new(done: u64, total: u64, now: Duration) -> Self {
        Self { total, done, at_start: done, begun: now }
    }

    /// The share that is done, 0 to 1.
    pub fn share(self) -> f64 {
        if self.total == 0 { 0.0 } else { self.done.min(self.total) as f64 / self.total as f64 }
    }

    /// How long it will take from `now`, once that can be told.
    pub fn left(self, now: Duration) -> Option<Duration> {
        let done = self.done.checked_sub(self.at_start).filter(|done| *done > 0)? as f64;
        let seconds = now.saturating_sub(self.begun).as_secs_f64() / done * self.total.saturating_sub(self.done) as f64;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_counts_only_what_was_done_here() {
        let mut work = Work::new(50, 100, Duration::from_secs(10));
        assert_eq!(work.left(Duration::from_secs(12)), None, "nothing is known yet");
        work.done = 60;
        assert_eq!(work.left(Duration::from_secs(12)), Some(Duration::from_secs(8)));
        assert_eq!(work.share(), 0.6);
        assert_eq!(Work::new(0, 0, Duration::ZERO).share(), 0.0);
    }
}
