//! `device`: where the network is computed.

use std::borrow::Cow;
use std::fmt;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob};

/// Where the network is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// A CUDA device where this build and machine have one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device, by number.
    Cuda(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl Knob for Device {
    fn expected() -> Cow<'static, str> {
        "`auto`, `cpu`, `cuda` or `cuda:N`".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let fault = || Fault::expected(&Self::expected(), value);
        let text = value.as_str().ok_or_else(fault)?;
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "gpu" => Err(fault().hint("a GPU is `cuda`")),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .filter(|number| *number < 64)
                .map(Self::Cuda)
                .ok_or_else(fault),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^(auto|cpu|cuda(:[0-9]+)?)$" })
    }
}
