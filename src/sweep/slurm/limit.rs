//! The time limit of a job, as `sbatch` takes it.

use std::fmt;
use std::str::FromStr;

/// A time limit as it was written, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeLimit {
    text: String,
    seconds: Option<u64>,
}

/// A text that is no time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes` or `days-hours:minutes:seconds`"
)]
pub struct NoTimeLimit;

impl TimeLimit {
    /// Its seconds; none where there is no limit.
    pub fn seconds(&self) -> Option<u64> {
        self.seconds
    }
}

impl fmt::Display for TimeLimit {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for TimeLimit {
    type Err = NoTimeLimit;

    fn from_str(text: &str) -> Result<Self, NoTimeLimit> {
        let is_unlimited = ["UNLIMITED", "INFINITE"].iter().any(|word| text.eq_ignore_ascii_case(word));
        let seconds = if is_unlimited { 0 } else { seconds(text).ok_or(NoTimeLimit)? };
        // Slurm counts whole minutes, and takes none at all for no limit.
        let seconds = seconds.next_multiple_of(60);
        Ok(Self { text: text.to_owned(), seconds: Some(seconds).filter(|seconds| *seconds > 0) })
    }
}

fn seconds(text: &str) -> Option<u64> {
    let (days, clock) = text.split_once('-').map_or((None, text), |(days, clock)| (Some(days), clock));
    let days = match days {
        Some(days) => Some(number(days)?),
        None => None,
    };
    let fields: Vec<u64> = clock.split(':').map(number).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match (days, fields.as_slice()) {
        (None, [minutes]) => (0, *minutes, 0),
        (None, [minutes, seconds]) => (0, *minutes, *seconds),
        (Some(_), [hours]) => (*hours, 0, 0),
        (Some(_), [hours, minutes]) => (*hours, *minutes, 0),
        (_, [hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        _ => return None,
    };
    Some(((days.unwrap_or(0) * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// A number without sign; none that days of would be too many seconds to count.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse::<u32>().ok().map(u64::from)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_sbatch_takes_is_understood() {
        let minutes = |text: &str| text.parse::<TimeLimit>().map(|limit| limit.seconds().map(|seconds| seconds / 60));
        let known = [
            ("2", 2),
            ("90:00", 90),
            ("2:00:00", 120),
            ("1-0", 24 * 60),
            ("1-12", 36 * 60),
            ("1-12:30", 36 * 60 + 30),
            ("2-00:00:00", 48 * 60),
        ];
        for (text, expected) in known {
            assert_eq!(minutes(text), Ok(Some(expected)), "{text}");
        }
        for text in ["0", "UNLIMITED", "infinite"] {
            assert_eq!(minutes(text), Ok(None), "{text}");
        }
        for text in ["", "soon", "1:2:3:4", "-5", "1-", "1-2:3:4:5", "+3", "1h", "2:", "99999999999"] {
            assert_eq!(minutes(text), Err(NoTimeLimit), "{text}");
        }
    }

    #[test]
    fn slurm_counts_whole_minutes() {
        let seconds = |text: &str| text.parse::<TimeLimit>().map(|limit| limit.seconds());
        assert_eq!(seconds("2:01"), Ok(Some(180)));
        assert_eq!(seconds("0:30"), Ok(Some(60)));
    }

    #[test]
    fn a_limit_goes_to_sbatch_as_it_was_written() {
        assert_eq!("1-02:3".parse::<TimeLimit>().map(|limit| limit.to_string()), Ok("1-02:3".to_owned()));
    }
}
