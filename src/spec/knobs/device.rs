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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_as_it_is_written() {
        for device in [Device::Auto, Device::Cpu, Device::Cuda(0), Device::Cuda(3)] {
            assert_eq!(Device::read(&device.write()), Ok(device));
        }
        assert_eq!(Device::read(&Value::String("cuda:0".to_owned())), Ok(Device::Cuda(0)));
        for text in ["cuda:", "cuda:-1", "cuda:64", "CPU", ""] {
            assert!(Device::read(&Value::String(text.to_owned())).is_err(), "{text}");
        }
    }
}
