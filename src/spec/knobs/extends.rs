//! `extends`: the files on which an experiment builds.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob};

/// Paths of the files on which a file builds, as written; later ones win.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extends(Vec<String>);

impl Extends {
    /// The paths as written.
    pub fn paths(&self) -> &[String] {
        &self.0
    }
}

impl Knob for Extends {
    fn expected() -> Cow<'static, str> {
        "an array of paths".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let items = value.as_array().ok_or_else(|| match value {
            Value::String(path) => Fault::expected(&Self::expected(), value).hint(format!("write `[\"{path}\"]`")),
            _ => Fault::expected(&Self::expected(), value),
        })?;
        let paths = items.iter().enumerate().map(|(index, item)| match item {
            Value::String(path) if !path.is_empty() => Ok(path.clone()),
            _ => Err(Fault::expected("a path", item).inside(index)),
        });
        paths.collect::<Result<_, _>>().map(Self)
    }

    fn write(&self) -> Value {
        Value::Array(self.0.iter().cloned().map(Value::String).collect())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "array", "items": { "type": "string", "minLength": 1 } })
    }
}
