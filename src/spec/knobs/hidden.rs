//! `top.hidden`: the hidden layers of the classifier.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob, Whole};

/// The number of units of each hidden layer, from the features on; none at all makes the classifier linear.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hidden(Vec<u32>);

const UNITS: Whole = Whole { min: 1, max: 65_536 };
const MOST_LAYERS: usize = 16;

impl Hidden {
    /// Units of each layer.
    pub fn units(&self) -> &[u32] {
        &self.0
    }
}

impl Knob for Hidden {
    fn expected() -> Cow<'static, str> {
        "an array with the number of units of each hidden layer".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let Value::Array(layers) = value else {
            let fault = Fault::expected(&Self::expected(), value);
            return Err(match value {
                Value::Integer(units) => fault.hint(format!("write `[{units}]`")),
                _ => fault,
            });
        };
        if layers.len() > MOST_LAYERS {
            return Err(Fault::new(format!("expected at most {MOST_LAYERS} hidden layers, found {}", layers.len())));
        }
        let units = layers.iter().enumerate();
        let units = units.map(|(i, v)| UNITS.read(v).map(|n| n as u32).map_err(|fault| fault.inside(i)));
        units.collect::<Result<_, _>>().map(Self)
    }

    fn write(&self) -> Value {
        Value::Array(self.0.iter().map(|units| Value::Integer((*units).into())).collect())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "array", "items": UNITS.schema(), "maxItems": MOST_LAYERS })
    }
}
