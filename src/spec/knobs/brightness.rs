//! `augment.brightness`: the range from which a factor is drawn.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{End, Fault, Knob, Real};

/// A range of factors, `low <= high`, both 0 or more; 1 leaves an image as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brightness {
    low: f64,
    high: f64,
}

const FACTOR: Real = Real { low: End::Including(0.0), high: End::Open };

impl Brightness {
    /// The range as `[low, high]`.
    pub fn range(self) -> [f64; 2] {
        [self.low, self.high]
    }
}

impl Knob for Brightness {
    fn expected() -> Cow<'static, str> {
        "two numbers, `[low, high]`, 0 or more".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
            return Err(Fault::expected(&Self::expected(), value));
        };
        let low = FACTOR.read(low).map_err(|fault| fault.inside(0))?;
        let high = FACTOR.read(high).map_err(|fault| fault.inside(1))?;
        if low > high {
            let fault = Fault::new(format!("the lower end, {low}, is above the upper end, {high}"));
            return Err(fault.hint(format!("write `[{high:?}, {low:?}]`")));
        }
        Ok(Self { low, high })
    }

    fn write(&self) -> Value {
        Value::Array(vec![Value::Float(self.low), Value::Float(self.high)])
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "array", "items": FACTOR.schema(), "minItems": 2, "maxItems": 2 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_goes_from_low_to_high() {
        let range = |low, high| Brightness::read(&Value::Array(vec![Value::Float(low), Value::Float(high)]));
        assert_eq!(range(0.8, 1.2).map(Brightness::range), Ok([0.8, 1.2]));
        assert_eq!(range(1.0, 1.0).map(Brightness::range), Ok([1.0, 1.0]));
        assert_eq!(range(1.2, 0.8).expect_err("reversed").hint.as_deref(), Some("write `[0.8, 1.2]`"));
        assert!(range(-0.1, 1.0).is_err() && Brightness::read(&Value::Float(1.0)).is_err());
    }
}
