//! The contract of a setting: read, write, describe; and what is wrong with a value.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use super::describe;

/// One setting of the experiment file: as a checked value.
pub trait Knob: Sized {
    /// What is accepted, as the end of the sentence "expected ...".
    fn expected() -> Cow<'static, str>;

    /// Reads a value; [`Fault`] says what is wrong with it, and at which element where it is an array.
    fn read(value: &Value) -> Result<Self, Fault>;

    /// The value as TOML: reading it again gives the same setting.
    fn write(&self) -> Value;

    /// The JSON Schema (draft 7) of what [`Knob::read`] accepts.
    fn schema() -> serde_json::Value;
}

/// Why a value isn't a valid setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Indices and names from the value to the element at fault; empty: the value itself.
    pub at: Vec<String>,
    /// What is wrong, as a lower-case phrase for the place itself.
    pub label: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

impl Fault {
    /// "expected X, found Y", with the hints that follow from the two types.
    pub fn expected(expected: &str, found: &Value) -> Self {
        Self { at: Vec::new(), label: format!("expected {expected}, found {}", describe(found)), hint: None }
    }

    /// A fault that no "expected, found" describes.
    pub fn new(label: impl Into<String>) -> Self {
        Self { at: Vec::new(), label: label.into(), hint: None }
    }

    /// The same fault with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same fault, one array element or table key further in.
    pub fn inside(mut self, name: impl ToString) -> Self {
        self.at.insert(0, name.to_string());
        self
    }
}

impl Knob for bool {
    fn expected() -> Cow<'static, str> {
        "`true` or `false`".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let fault = || Fault::expected(&Self::expected(), value);
        match value {
            Value::Boolean(flag) => Ok(*flag),
            Value::String(text) if text == "true" || text == "false" => Err(fault().hint("remove the quotes")),
            _ => Err(fault()),
        }
    }

    fn write(&self) -> Value {
        Value::Boolean(*self)
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "boolean" })
    }
}
