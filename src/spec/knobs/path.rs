//! `data.train`, `data.validation`, `weights.path`: paths, as written.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob};

/// A path as somebody wrote it: relative to the file that says so, or absolute. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WrittenPath(String);

impl WrittenPath {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Knob for WrittenPath {
    fn expected() -> Cow<'static, str> {
        "a path".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        match value {
            Value::String(path) if path.starts_with("~/") => Err(Fault::expected("a path", value)
                .hint("`~` means nothing here: write an absolute path, or one relative to this file")),
            Value::String(path) if !path.is_empty() => Ok(Self(path.clone())),
            _ => Err(Fault::expected(&Self::expected(), value)),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.0.clone())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "minLength": 1 })
    }
}
