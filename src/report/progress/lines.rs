//! Progress as plain lines, with the rate and the time left.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::text;
use crate::clock::Clock;
use crate::event::{Event, Reporter, Unit};

/// At most one line of progress in this time.
const EVERY: Duration = Duration::from_secs(5);

/// A line for everything that matters, into any text.
pub struct Lines<W> {
    clock: Arc<dyn Clock>,
    quiet: bool,
    inner: Mutex<Inner<W>>,
}

struct Inner<W> {
    out: W,
    work: Option<Work>,
}

/// The stage at work.
struct Work {
    unit: Unit,
    total: u64,
    at_start: u64,
    begun: Duration,
    last_line: Duration,
}

impl<W: Write + Send> Lines<W> {
    /// Lines into `out`; with `quiet`, warnings only.
    pub fn new(out: W, clock: &Arc<dyn Clock>, quiet: bool) -> Self {
        Self { clock: Arc::clone(clock), quiet, inner: Mutex::new(Inner { out, work: None }) }
    }
}

impl<W: Write + Send> Reporter for Lines<W> {
    fn event(&self, event: &Event) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.monotonic();
        if let Event::StageBegan { unit, total, done, .. } = event {
            inner.work = Some(Work { unit: *unit, total: *total, at_start: *done, begun: now, last_line: now });
        }
        let line = match event {
            Event::Progress { stage, done } => {
                inner.work.as_mut().and_then(|work| work.line(now, *done)).map(|line| format!("  {stage}: {line}"))
            }
            _ => text::sentence(event),
        };
        if let Some(line) = line.filter(|_| !self.quiet || text::is_important(event)) {
            // Nobody can be told that nobody can be told.
            let _ = writeln!(inner.out, "{line}");
        }
    }
}

impl Work {
    /// How far it is, if it is time to say so.
    fn line(&mut self, now: Duration, done: u64) -> Option<String> {
        if now - self.last_line < EVERY {
            return None;
        }
        self.last_line = now;
        let rate = done.saturating_sub(self.at_start) as f64 / (now - self.begun).as_secs_f64();
        let left = match rate > 0.0 {
            true => text::seconds(Duration::from_secs_f64(self.total.saturating_sub(done) as f64 / rate)),
            false => "unknown time".to_owned(),
        };
        let unit = text::unit(self.unit);
        Some(format!("{done} of {} {unit}, {rate:.1} {unit}/s, {left} left", self.total))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::clock::ManualClock;
    use crate::event::Stage;

    #[test]
    fn progress_tells_rate_and_time_left_every_few_seconds() {
        let manual = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH));
        let clock: Arc<dyn Clock> = manual.clone();
        let lines = Lines::new(Vec::new(), &clock, false);
        lines.event(&Event::StageBegan {
            stage: Stage::Bottleneck,
            unit: Unit::Images,
            total: 1000,
            done: 100,
            epochs: 0,
            because: Vec::new(),
        });
        for done in [150, 200, 250] {
            manual.advance(Duration::from_millis(2600));
            lines.event(&Event::Progress { stage: Stage::Bottleneck, done });
        }
        let text = lines.inner.into_inner().expect("nobody panicked").out;
        let text = String::from_utf8(text).expect("lines are text");
        assert_eq!(
            text,
            "bottleneck: running, 100 of 1000 images are stored\n  bottleneck: 200 of 1000 images, 19.2 images/s, 41.6 s left\n"
        );
    }
}
