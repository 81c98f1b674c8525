//! What a single setting must be able to do: be read from a TOML value, be written back, and say what it accepts.
//!
//! Knows nothing of files, sections or layers. Ranges live in the newtypes of [`crate::spec::knobs`], so a value that exists is valid.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

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

/// A value as TOML, on one line; numbers in the shortest form that reads as the same number.
pub fn written(value: &Value) -> String {
    match value {
        Value::Float(number) if number.is_finite() => format!("{number:?}"),
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Float(_) | Value::String(_) | Value::Integer(_) | Value::Boolean(_) | Value::Datetime(_) => {
            value.to_string()
        }
        Value::Table(table) => {
            let pairs = table.iter().map(|(name, value)| format!("{} = {}", super::key::quoted(name), written(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A value as a message shows it: short, with its type where the text alone doesn't tell.
pub fn describe(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() > 40 => {
            format!("the string `\"{}...\"`", text.chars().take(40).collect::<String>())
        }
        Value::String(text) => format!("the string `\"{text}\"`"),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => format!("`{}`", written(value)),
        Value::Datetime(_) => format!("the date `{value}`"),
        Value::Array(items) if items.is_empty() => "an empty array".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}

/// The limits of a whole-number setting, both inclusive.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// Smallest valid value.
    pub min: i64,
    /// Largest valid value.
    pub max: i64,
}

impl Whole {
    /// The phrase for messages.
    pub fn expected(self) -> Cow<'static, str> {
        match (self.min, self.max) {
            (min, max) if max >= 1_000_000 => format!("a whole number, {min} or more").into(),
            (min, max) => format!("a whole number from {min} to {max}").into(),
        }
    }

    /// Reads a number within the limits.
    pub fn read(self, value: &Value) -> Result<i64, Fault> {
        let fault = || Fault::expected(&self.expected(), value);
        match value {
            Value::Integer(number) if (self.min..=self.max).contains(number) => Ok(*number),
            Value::Integer(number) if *number > self.max => Err(fault().hint(format!("at most {}", self.max))),
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Err(fault().hint(format!("write `{number:.0}`, without a fraction")))
            }
            Value::String(text) if text.parse::<i64>().is_ok() => Err(fault().hint("remove the quotes")),
            _ => Err(fault()),
        }
    }

    /// The limits as JSON Schema.
    pub fn schema(self) -> serde_json::Value {
        match self.max {
            i64::MAX => json!({ "type": "integer", "minimum": self.min }),
            max => json!({ "type": "integer", "minimum": self.min, "maximum": max }),
        }
    }
}

/// One end of a range of real numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// No limit on this side.
    Open,
    /// The limit itself is valid.
    Including(f64),
    /// The limit itself is not valid.
    Excluding(f64),
}

/// The limits of a real-number setting.
#[derive(Clone, Copy, Debug)]
pub struct Real {
    /// Lower end.
    pub low: End,
    /// Upper end.
    pub high: End,
}

impl Real {
    /// The phrase for messages.
    pub fn expected(self) -> Cow<'static, str> {
        match (self.low, self.high) {
            (End::Open, End::Open) => "a number".into(),
            (End::Open, End::Including(high)) => format!("a number, {high} or less").into(),
            (End::Open, End::Excluding(high)) => format!("a number below {high}").into(),
            (End::Including(low), End::Open) => format!("a number, {low} or more").into(),
            (End::Excluding(low), End::Open) => format!("a number above {low}").into(),
            (End::Including(low), End::Including(high)) => format!("a number from {low} to {high}").into(),
            (End::Including(low), End::Excluding(high)) => format!("a number from {low} to below {high}").into(),
            (End::Excluding(low), End::Including(high)) => format!("a number above {low}, up to {high}").into(),
            (End::Excluding(low), End::Excluding(high)) => format!("a number above {low} and below {high}").into(),
        }
    }

    /// Whether a number lies within the limits; no NaN and no infinity does.
    pub fn contains(self, number: f64) -> bool {
        let above = match self.low {
            End::Open => true,
            End::Including(low) => number >= low,
            End::Excluding(low) => number > low,
        };
        let below = match self.high {
            End::Open => true,
            End::Including(high) => number <= high,
            End::Excluding(high) => number < high,
        };
        number.is_finite() && above && below
    }

    /// Reads a number within the limits; whole numbers are numbers, too.
    pub fn read(self, value: &Value) -> Result<f64, Fault> {
        let fault = || Fault::expected(&self.expected(), value);
        match value {
            Value::Float(number) if self.contains(*number) => Ok(*number),
            Value::Integer(number) if self.contains(*number as f64) => Ok(*number as f64),
            Value::String(text) if text.parse::<f64>().is_ok() => Err(fault().hint("remove the quotes")),
            _ => Err(fault()),
        }
    }

    /// The limits as JSON Schema.
    pub fn schema(self) -> serde_json::Value {
        let mut schema = serde_json::Map::from_iter([("type".to_owned(), json!("number"))]);
        match self.low {
            End::Open => None,
            End::Including(low) => schema.insert("minimum".to_owned(), json!(low)),
            End::Excluding(low) => schema.insert("exclusiveMinimum".to_owned(), json!(low)),
        };
        match self.high {
            End::Open => None,
            End::Including(high) => schema.insert("maximum".to_owned(), json!(high)),
            End::Excluding(high) => schema.insert("exclusiveMaximum".to_owned(), json!(high)),
        };
        schema.into()
    }
}

/// Reads one word out of a fixed list.
pub fn read_word(words: &[&'static str], value: &Value) -> Result<&'static str, Fault> {
    let fault = || Fault::expected(&one_of(words), value);
    let Value::String(text) = value else { return Err(fault()) };
    if let Some(word) = words.iter().find(|word| *word == text) {
        return Ok(word);
    }
    match super::suggest::nearest(text, words.iter().copied()) {
        Some(word) => Err(fault().hint(format!("did you mean `{word}`?"))),
        None => Err(fault()),
    }
}

/// "`a`, `b` or `c`".
pub fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A setting that is a whole number in a range: a newtype over `u32`, or over `u64` where the range needs it.
macro_rules! whole_knob {
    ($(#[$doc:meta])* $name:ident($repr:ty), $min:expr, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($repr);

        impl $name {
            const LIMITS: $crate::spec::knob::Whole = $crate::spec::knob::Whole { min: $min, max: $max };

            /// The number.
            pub fn get(self) -> $repr {
                self.0
            }
        }

        impl $crate::spec::knob::Knob for $name {
            fn expected() -> std::borrow::Cow<'static, str> {
                Self::LIMITS.expected()
            }

            fn read(value: &toml::Value) -> Result<Self, $crate::spec::knob::Fault> {
                Self::LIMITS.read(value).map(|number| Self(number as $repr))
            }

            fn write(&self) -> toml::Value {
                toml::Value::Integer(self.0 as i64)
            }

            fn schema() -> serde_json::Value {
                Self::LIMITS.schema()
            }
        }
    };
}

/// A setting that is a real number in a range: a newtype over `f64`.
macro_rules! real_knob {
    ($(#[$doc:meta])* $name:ident, $low:expr, $high:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            const LIMITS: $crate::spec::knob::Real = {
                #[allow(unused_imports)]
                use $crate::spec::knob::End::{Excluding, Including, Open};
                $crate::spec::knob::Real { low: $low, high: $high }
            };

            /// The number.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl $crate::spec::knob::Knob for $name {
            fn expected() -> std::borrow::Cow<'static, str> {
                Self::LIMITS.expected()
            }

            fn read(value: &toml::Value) -> Result<Self, $crate::spec::knob::Fault> {
                Self::LIMITS.read(value).map(Self)
            }

            fn write(&self) -> toml::Value {
                toml::Value::Float(self.0)
            }

            fn schema() -> serde_json::Value {
                Self::LIMITS.schema()
            }
        }
    };
}

/// A setting that is one word of a list: an enum.
macro_rules! word_knob {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every word that the experiment file accepts, in the order of the manual.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in the experiment file.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl $crate::spec::knob::Knob for $name {
            fn expected() -> std::borrow::Cow<'static, str> {
                $crate::spec::knob::one_of(Self::WORDS).into()
            }

            fn read(value: &toml::Value) -> Result<Self, $crate::spec::knob::Fault> {
                let word = $crate::spec::knob::read_word(Self::WORDS, value)?;
                $(if word == $word {
                    return Ok(Self::$variant);
                })+
                Err($crate::spec::knob::Fault::expected(&Self::expected(), value))
            }

            fn write(&self) -> toml::Value {
                toml::Value::String(self.word().to_owned())
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({ "enum": Self::WORDS })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

pub(crate) use {real_knob, whole_knob, word_knob};

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
