//! What a result depends on: one ordered list that gives both the key and the explanation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;

/// Separates these digests from any other use of BLAKE3 over similar bytes.
const DOMAIN: &[u8] = b"frostline cache key 1\0";

/// The named inputs of one result of one stage. Contents and settings belong here; names, paths and times do not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    stage: String,
    inputs: Vec<(String, String)>,
}

impl Inputs {
    /// No inputs yet of the stage, whose name is made of `a-z`, `0-9`, `_` and `-`.
    pub fn new(stage: &str) -> Self {
        debug_assert!(is_stage(stage), "`{stage}` is no stage name");
        Self { stage: stage.to_owned(), inputs: Vec::new() }
    }

    /// Adds an input. Each name is given once.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.add(name, value);
        self
    }

    /// Adds an input. Each name is given once.
    pub fn add(&mut self, name: &str, value: impl ToString) {
        debug_assert!(self.get(name).is_none(), "input `{name}` is given twice");
        self.inputs.push((name.to_owned(), value.to_string()));
    }

    /// The stage.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// The value of an input.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.inputs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All inputs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inputs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The digest of stage and inputs. Every text is preceded by its length, so that no two lists share an encoding.
    pub fn digest(&self) -> Digest {
        let mut bytes = DOMAIN.to_vec();
        let mut text = |text: &str| {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        };
        text(&self.stage);
        for (name, value) in &self.inputs {
            text(name);
            text(value);
        }
        Digest::of(&bytes)
    }

    /// The key of the result.
    pub fn key(&self) -> Key {
        Key { stage: self.stage.clone(), digest: self.digest() }
    }

    /// What is different from earlier inputs: changed and new inputs in our order, then those that are gone.
    pub fn changes_from(&self, earlier: &Self) -> Vec<Change> {
        let changed = self.iter().filter(|(name, value)| earlier.get(name) != Some(value));
        let changed = changed.map(|(name, value)| Change {
            name: name.to_owned(),
            before: earlier.get(name).map(str::to_owned),
            after: Some(value.to_owned()),
        });
        let gone = earlier.iter().filter(|(name, _)| self.get(name).is_none());
        let gone =
            gone.map(|(name, value)| Change { name: name.to_owned(), before: Some(value.to_owned()), after: None });
        changed.chain(gone).collect()
    }
}

/// One input that differs. Displays as `top.dropout 0.5 -> 0.3`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The input's name.
    pub name: String,
    /// Its earlier value; `None` if it is new.
    pub before: Option<String>,
    /// Its value now; `None` if it is gone.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<String>| value.as_deref().map_or("(none)".to_owned(), abridged);
        write!(f, "{} {} -> {}", self.name, side(&self.before), side(&self.after))
    }
}

/// Digests and other long values, cut so that a line stays readable.
fn abridged(value: &str) -> String {
    const SHOWN: usize = 40;
    if value.parse::<Digest>().is_ok() {
        return value[..8].to_owned();
    }
    match value.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &value[..cut]),
        None => value.to_owned(),
    }
}

/// Names an entry: its stage, and the digest of its inputs. Its text, `top-<64 hex>`, is the entry's folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    stage: String,
    digest: Digest,
}

impl Key {
    /// The stage.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// The digest of the inputs.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.stage, self.digest)
    }
}

/// The text is no key.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no cache key, expected a stage, `-` and 64 hexadecimal digits")]
pub struct ParseKeyError(String);

impl FromStr for Key {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let refuse = || ParseKeyError(text.to_owned());
        let (stage, digest) = text.rsplit_once('-').ok_or_else(refuse)?;
        let digest = digest.parse().map_err(|_| refuse())?;
        if is_stage(stage) { Ok(Self { stage: stage.to_owned(), digest }) } else { Err(refuse()) }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn is_stage(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(dropout: f64) -> Inputs {
        Inputs::new("top").with("top.dropout", dropout).with("top.l2", 0.0)
    }

    #[test]
    fn a_change_says_which_key_changed_and_how() {
        let changes = top(0.3).changes_from(&top(0.5));
        assert_eq!(changes.iter().map(Change::to_string).collect::<Vec<_>>(), ["top.dropout 0.5 -> 0.3"]);
        assert!(top(0.5).changes_from(&top(0.5)).is_empty());
    }

    #[test]
    fn new_and_missing_inputs_are_changes() {
        let one = Inputs::new("top").with("a", 1);
        let other = Inputs::new("top").with("b", Digest::of(b"x"));
        let changes: Vec<_> = other.changes_from(&one).iter().map(Change::to_string).collect();
        assert_eq!(changes, [format!("b (none) -> {}", Digest::of(b"x").short()), "a 1 -> (none)".to_owned()]);
    }

    #[test]
    fn every_part_of_the_list_changes_the_key() {
        let base = Inputs::new("top").with("a", "bc").with("d", "e");
        let others = [
            Inputs::new("pot").with("a", "bc").with("d", "e"),
            Inputs::new("top").with("ab", "c").with("d", "e"),
            Inputs::new("top").with("a", "bcd").with("", "e"),
            Inputs::new("top").with("d", "e").with("a", "bc"),
            Inputs::new("top").with("a", "bc"),
            Inputs::new("topa").with("bc", "d").with("e", ""),
        ];
        for other in &others {
            assert_ne!(base.key(), other.key(), "{other:?}");
        }
        assert_eq!(base.key(), base.clone().key());
    }

    #[test]
    fn keys_survive_their_text_and_refuse_other_text() {
        let key = Inputs::new("fine_tune").with("a", 1).key();
        assert_eq!(key.to_string().parse::<Key>().expect("own text parses"), key);
        let hex = "0".repeat(64);
        for bad in ["", "top", "top-12", &hex, &format!("../x-{hex}"), &format!("-{hex}"), &format!("Top-{hex}")] {
            assert!(bad.parse::<Key>().is_err(), "{bad}");
        }
    }
}
