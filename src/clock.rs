//! The door to time: wall-clock moments for people and files, a monotonic clock for durations.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

/// Where the time comes from: the system, or a test that moves it by hand.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The wall-clock time; it may jump.
    fn now(&self) -> SystemTime;
    /// Time since some fixed moment of this clock; it never goes back.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }

    /// The same, ready to be shared.
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self::new())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// A clock that stands still until it is told to advance.
#[derive(Debug)]
pub struct ManualClock {
    start: SystemTime,
    passed: Mutex<Duration>,
}

impl ManualClock {
    /// Stands at `start`.
    pub fn new(start: SystemTime) -> Self {
        Self { start, passed: Mutex::new(Duration::ZERO) }
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.start + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment as files keep it: RFC 3339 text in UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(jiff::Timestamp);

impl Moment {
    /// How long after `earlier`; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.duration_since(earlier.0).try_into().unwrap_or_default()
    }

    /// Seconds since the start of 1970, UTC.
    pub fn seconds(self) -> f64 {
        self.0.as_millisecond() as f64 / 1e3
    }

    /// The text to the second: `2026-11-24T09:02:14Z`.
    pub fn to_the_second(self) -> String {
        jiff::Timestamp::from_second(self.0.as_second()).unwrap_or(self.0).to_string()
    }
}

impl From<SystemTime> for Moment {
    /// Moments that no calendar knows become the start of 1970.
    fn from(moment: SystemTime) -> Self {
        let stamp = jiff::Timestamp::try_from(moment).unwrap_or_default();
        Self(jiff::Timestamp::from_millisecond(stamp.as_millisecond()).unwrap_or(stamp))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A moment as RFC 3339 text in UTC, to the second: `2026-11-24T09:02:14Z`.
pub fn text(moment: SystemTime) -> String {
    Moment::from(moment).to_the_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        assert_eq!(clock.monotonic(), Duration::ZERO);
        clock.advance(Duration::from_millis(1500));
        assert_eq!(clock.monotonic(), Duration::from_millis(1500));
        assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_millis(1500));
    }

    #[test]
    fn moments_read_as_utc_to_the_second() {
        assert_eq!(text(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_900)), "2023-11-14T22:13:20Z");
    }

    #[test]
    fn moments_survive_their_text_and_tell_what_passed_between() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let (one, other) = (Moment::from(start), Moment::from(start + Duration::from_millis(2500)));
        let text = serde_json::to_string(&one).expect("serialises");
        assert_eq!(text, "\"2023-11-14T22:13:20.123Z\"");
        assert_eq!(serde_json::from_str::<Moment>(&text).expect("own text parses"), one);
        assert_eq!(other.since(one), Duration::from_millis(2500));
        assert_eq!(one.since(other), Duration::ZERO);
    }

    #[test]
    fn the_system_clock_never_goes_back() {
        let clock = SystemClock::new();
        let first = clock.monotonic();
        assert!(clock.monotonic() >= first);
    }
}
