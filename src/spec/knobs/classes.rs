//! `data.classes`: which classes there are, and in what order.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob};

/// Two or more different names of folders; the position is the class index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Classes(Vec<String>);

impl Classes {
    /// The names, in order of their indices.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

fn folder(value: &Value) -> Result<&str, Fault> {
    match value.as_str() {
        Some(name) if !name.is_empty() && !name.contains('/') && name != "." && name != ".." => Ok(name),
        _ => Err(Fault::expected("the name of a class' folder", value)),
    }
}

impl Knob for Classes {
    fn expected() -> Cow<'static, str> {
        "an array of two or more names of class folders".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let names = value.as_array().ok_or_else(|| Fault::expected(&Self::expected(), value))?;
        let mut classes: Vec<String> = Vec::new();
        for (index, value) in names.iter().enumerate() {
            let name = folder(value).map_err(|fault| fault.inside(index))?;
            if classes.iter().any(|class| class == name) {
                return Err(Fault::new(format!("the class `{name}` is listed twice")).inside(index));
            }
            classes.push(name.to_owned());
        }
        if classes.len() < 2 {
            return Err(Fault::new(format!("expected two classes or more, found {}", classes.len())));
        }
        Ok(Self(classes))
    }

    fn write(&self) -> Value {
        Value::Array(self.0.iter().cloned().map(Value::String).collect())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 2, "uniqueItems": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_keep_their_order_and_are_different_folders() {
        let list = |names: &[&str]| Value::Array(names.iter().map(|name| Value::String((*name).to_owned())).collect());
        assert_eq!(
            Classes::read(&list(&["b", "a"])).map(|classes| classes.names().to_vec()),
            Ok(vec!["b".into(), "a".into()])
        );
        assert_eq!(Classes::read(&list(&["a", "b", "a"])).expect_err("twice").at, ["2"]);
        for names in [&["a"][..], &["a", ".."], &["a", "b/c"], &["a", ""]] {
            assert!(Classes::read(&list(names)).is_err(), "{names:?}");
        }
    }
}
