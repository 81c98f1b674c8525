//! `name`: of an experiment, and of its folder in runs/.

use std::borrow::Cow;
use std::fmt;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob};

/// 1 to 100 characters out of `a-z0-9._-`, the first a letter or a digit (so that no run directory is hidden, or is `..`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

const LONGEST: usize = 100;

impl Name {
    /// A name from text, or a name like it where the text is none: what a file's stem becomes.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let first = text.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if first && text.len() <= LONGEST && text.chars().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        let fault = Fault::expected(&Self::expected(), &Value::String(text.to_owned()));
        Err(match like(text) {
            Some(name) => fault.hint(format!("for example `{name}`")),
            None => fault,
        })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn allowed(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-')
}

/// The valid name most like some text.
fn like(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let replaced: String = lower.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    let name: String = replaced.trim_start_matches(['.', '_', '-']).chars().take(LONGEST).collect();
    (!name.is_empty()).then_some(name)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Knob for Name {
    fn expected() -> Cow<'static, str> {
        "a name of lower-case letters, digits, `.`, `_` and `-`, beginning with a letter or a digit".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        match value {
            Value::String(text) => Self::parse(text),
            _ => Err(Fault::expected(&Self::expected(), value)),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.0.clone())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9._-]*$", "maxLength": LONGEST })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_folder() {
        for text in ["", "..", ".cache", "a/b", "A", "a b"] {
            assert!(Name::parse(text).is_err(), "{text}");
        }
        assert_eq!(Name::parse("cats-vs_dogs.2").expect("valid").as_str(), "cats-vs_dogs.2");
    }

    #[test]
    fn an_invalid_name_comes_with_a_valid_one_like_it() {
        let fault = Name::parse("Cats vs Dogs").expect_err("upper case and blanks");
        assert_eq!(fault.hint.as_deref(), Some("for example `cats-vs-dogs`"));
    }
}
