//! `data.target_size`: the size to which every image is brought.

use std::borrow::Cow;
use std::fmt;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob, Whole};

/// Height and width in pixels, each 32 to 4096: five poolings halve 32 to 1, and leave nothing of less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TargetSize {
    /// Height in pixels.
    pub height: u32,
    /// Width in pixels.
    pub width: u32,
}

const SIDE: Whole = Whole { min: 32, max: 4096 };

impl fmt::Display for TargetSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.height, self.width)
    }
}

fn side(value: &Value) -> Result<u32, Fault> {
    let number = SIDE.read(value).map_err(|fault| match value {
        Value::Integer(number) if *number < SIDE.min => {
            fault.hint("the network halves an image five times: of fewer than 32 pixels nothing is left")
        }
        _ => fault,
    })?;
    Ok(number as u32)
}

impl Knob for TargetSize {
    fn expected() -> Cow<'static, str> {
        "a number of pixels from 32 to 4096, or `[height, width]`".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        match value {
            Value::Array(sides) => match sides.as_slice() {
                [height, width] => Ok(Self {
                    height: side(height).map_err(|fault| fault.inside(0))?,
                    width: side(width).map_err(|fault| fault.inside(1))?,
                }),
                _ => Err(Fault::new(format!("expected two numbers, `[height, width]`, found {}", sides.len()))),
            },
            Value::Integer(_) | Value::Float(_) => side(value).map(|side| Self { height: side, width: side }),
            _ => Err(Fault::expected(&Self::expected(), value)),
        }
    }

    fn write(&self) -> Value {
        if self.height == self.width {
            return Value::Integer(self.height.into());
        }
        Value::Array(vec![Value::Integer(self.height.into()), Value::Integer(self.width.into())])
    }

    fn schema() -> serde_json::Value {
        let pair = json!({ "type": "array", "items": SIDE.schema(), "minItems": 2, "maxItems": 2 });
        json!({ "anyOf": [SIDE.schema(), pair] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_a_square_and_two_are_height_and_width() {
        let read = |text: &str| {
            let table: toml::Table = toml::from_str(&format!("v = {text}")).expect("valid");
            TargetSize::read(&table["v"])
        };
        assert_eq!(read("150"), Ok(TargetSize { height: 150, width: 150 }));
        assert_eq!(read("[64, 96]"), Ok(TargetSize { height: 64, width: 96 }));
        assert_eq!(read("31").expect_err("too small").at, Vec::<String>::new());
        assert_eq!(read("[150, 31]").expect_err("too small").at, ["1"]);
        for size in [TargetSize { height: 150, width: 150 }, TargetSize { height: 64, width: 96 }] {
            assert_eq!(TargetSize::read(&size.write()), Ok(size));
        }
    }
}
