//! Which run is which.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// What makes two runs the same: the resolved spec, and all that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Digest of the resolved spec; the directory's name shows its start.
    pub spec: Digest,
    /// Digest of the resolved spec, the data and the weights.
    pub whole: Digest,
}

/// A run's number and the first eight digits of its spec's digest: `0003-ab12cd34`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// Counted from 1 within the experiment's name.
    pub number: u32,
    /// Eight hexadecimal digits.
    pub hex: String,
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{}", self.number, self.hex)
    }
}

/// The text is no run id.
#[derive(Debug, thiserror::Error)]
#[error("expected a run id such as `0003-ab12cd34`")]
pub struct ParseRunIdError;

impl FromStr for RunId {
    type Err = ParseRunIdError;

    fn from_str(text: &str) -> Result<Self, ParseRunIdError> {
        let (number, hex) = text.split_once('-').ok_or(ParseRunIdError)?;
        let is_hex = hex.len() == 8 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(number) if is_hex && is_number => Ok(Self { number, hex: hex.to_owned() }),
            Ok(_) | Err(_) => Err(ParseRunIdError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_their_text_and_refuse_other_text() {
        for text in ["0003-ab12cd34", "12345-00000000"] {
            assert_eq!(text.parse::<RunId>().expect("an id").to_string(), text);
        }
        for bad in [
            "",
            "3-ab12cd34",
            "0003",
            "0003-ab12cd3",
            "0003-AB12CD34",
            "+003-ab12cd34",
            "sweeps",
            "99999999999-ab12cd34",
        ] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }
}
