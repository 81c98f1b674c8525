//! `tags`: labels for people; nothing depends on them.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob};

/// Labels for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tags(Vec<String>);

impl Tags {
    /// The labels as written.
    pub fn labels(&self) -> &[String] {
        &self.0
    }
}

impl Knob for Tags {
    fn expected() -> Cow<'static, str> {
        "an array of strings".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let items = value.as_array().ok_or_else(|| match value {
            Value::String(tag) => Fault::expected(&Self::expected(), value).hint(format!("write `[\"{tag}\"]`")),
            _ => Fault::expected(&Self::expected(), value),
        })?;
        let tags = items.iter().enumerate().map(|(index, item)| match item {
            Value::String(tag) => Ok(tag.clone()),
            _ => Err(Fault::expected("a string", item).inside(index)),
        });
        tags.collect::<Result<_, _>>().map(Self)
    }

    fn write(&self) -> Value {
        Value::Array(self.0.iter().cloned().map(Value::String).collect())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "array", "items": { "type": "string" } })
    }
}
