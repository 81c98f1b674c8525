//! How a cluster is asked again and again: at a polite pace, and past moments in which it does not answer.

use std::time::Duration;

use crate::stop::StopToken;
use crate::sweep::{SlurmError, SweepError};

/// How often a cluster is asked for what has changed: what its administrators still call polite.
const PAUSE: Duration = Duration::from_secs(2);
/// A cluster that does not answer is asked less and less often, but at least so often.
const LONGEST: Duration = Duration::from_secs(30);
/// Slurm's controller is being restarted, or has too much to do, for some minutes; who gets no answer for longer has another problem.
const ENOUGH: Duration = Duration::from_secs(600);
/// How soon a request to stop is heeded.
const HEED: Duration = Duration::from_millis(100);

/// Who asks a cluster until something has come to pass.
pub struct Patience {
    /// Since when there has been no answer.
    silent_since: Option<Duration>,
    pause: Duration,
}

impl Patience {
    pub fn new() -> Self {
        Self { silent_since: None, pause: PAUSE }
    }

    /// The answer that came at that moment of the monotonic clock; none if Slurm refused it, which is said once and may have passed by the
    /// next time.
    pub fn heed<T>(&mut self, answer: Result<T, SweepError>, now: Duration) -> Result<Option<T>, SweepError> {
        let error = match answer {
            Ok(answer) => {
                *self = Self::new();
                return Ok(Some(answer));
            }
            Err(error @ SweepError::Slurm(SlurmError::Refused { .. })) => error,
            Err(error) => return Err(error),
        };
        match self.silent_since {
            Some(since) if now.saturating_sub(since) >= ENOUGH => return Err(error),
            Some(_) => self.pause = LONGEST.min(self.pause * 2),
            None => {
                self.silent_since = Some(now);
                eprintln!("{error}; asking again for up to {} minutes", ENOUGH.as_secs() / 60);
            }
        }
        Ok(None)
    }

    /// Lets some time pass before the next question, or until there is to be none.
    pub fn rest(&self, stop: &StopToken) {
        let mut left = self.pause;
        while !left.is_zero() && !stop.is_requested() {
            let next = left.min(HEED);
            std::thread::sleep(next);
            left -= next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Result<(), SweepError> {
        let said = "Unable to contact slurm controller (connect failure)".to_owned();
        Err(SweepError::Slurm(SlurmError::Refused { program: "squeue".to_owned(), said }))
    }

    #[test]
    fn a_silence_is_borne_for_some_minutes_with_longer_and_longer_pauses() {
        let mut patience = Patience::new();
        let mut pauses = Vec::new();
        let mut now = Duration::ZERO;
        while patience.heed(refused(), now).is_ok() {
            pauses.push(patience.pause.as_secs());
            now += patience.pause;
        }
        assert_eq!(pauses[..6], [2, 4, 8, 16, 30, 30]);
        assert!((ENOUGH..ENOUGH + LONGEST).contains(&now), "{now:?}");
    }

    #[test]
    fn an_answer_ends_a_silence() {
        let mut patience = Patience::new();
        for second in 0..3 {
            assert!(matches!(patience.heed(refused(), Duration::from_secs(second)), Ok(None)));
        }
        assert!(matches!(patience.heed(Ok(()), Duration::from_secs(3)), Ok(Some(()))));
        assert_eq!(patience.pause, PAUSE);
        assert!(matches!(patience.heed(refused(), ENOUGH * 2), Ok(None)));
    }

    #[test]
    fn what_does_not_pass_is_not_waited_for() {
        let mut patience = Patience::new();
        assert!(patience.heed(Err::<(), _>(SweepError::Empty), Duration::ZERO).is_err());
    }
}
