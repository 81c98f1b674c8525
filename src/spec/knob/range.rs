//! Ranges of numbers: what they accept, how they say so, and as JSON Schema.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use super::Fault;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_are_in_it_or_not_as_they_say() {
        let share = Real { low: End::Including(0.0), high: End::Excluding(1.0) };
        assert!(share.contains(0.0) && !share.contains(1.0) && !share.contains(f64::NAN));
        let rate = Real { low: End::Excluding(0.0), high: End::Open };
        assert!(!rate.contains(0.0) && rate.contains(1e-300) && !rate.contains(f64::INFINITY));
    }

    #[test]
    fn a_number_in_the_wrong_form_is_told_the_right_one() {
        let count = Whole { min: 1, max: 10 };
        let hint = |value: Value| count.read(&value).expect_err("wrong").hint;
        assert_eq!(hint(Value::Float(5.0)).as_deref(), Some("write `5`, without a fraction"));
        assert_eq!(hint(Value::String("5".to_owned())).as_deref(), Some("remove the quotes"));
        assert_eq!(hint(Value::Integer(11)).as_deref(), Some("at most 10"));
        assert_eq!(hint(Value::Boolean(true)), None);
    }

    #[test]
    fn a_whole_number_is_a_number() {
        let any = Real { low: End::Open, high: End::Open };
        assert_eq!(any.read(&Value::Integer(3)), Ok(3.0));
    }
}
