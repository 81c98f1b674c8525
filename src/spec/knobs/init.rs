//! `top.init`: what the top starts from.

use std::borrow::Cow;

use serde_json::json;
use toml::Value;

use crate::spec::knob::{Fault, Knob};

/// What the top starts from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Init {
    /// Drawn at random (Glorot uniform), from the seed.
    Random,
    /// The top of an earlier run: a path, an id, `name`, `name@latest` or `name@best`.
    Run(String),
}

impl Init {
    /// The earlier run, as the experiment names it.
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::Random => None,
            Self::Run(run) => Some(run),
        }
    }
}

impl Knob for Init {
    fn expected() -> Cow<'static, str> {
        "`random` or `run:RUN`, as in `run:cats-vs-dogs@best`".into()
    }

    fn read(value: &Value) -> Result<Self, Fault> {
        let fault = || Fault::expected(&Self::expected(), value);
        let text = value.as_str().ok_or_else(fault)?;
        if text == "random" {
            return Ok(Self::Random);
        }
        let Some(run) = text.strip_prefix("run:") else {
            return Err(fault().hint(format!("to go on from an earlier run, write `run:{text}`")));
        };
        match run.rsplit_once('@') {
            _ if run.is_empty() => Err(fault()),
            Some((name, "best" | "latest")) if !name.is_empty() => Ok(Self::Run(run.to_owned())),
            // Folders may be called anything.
            Some((_, which)) if !which.contains('/') => {
                Err(Fault::new(format!("expected `@best` or `@latest` after the run's name, found `@{which}`")))
            }
            _ => Ok(Self::Run(run.to_owned())),
        }
    }

    fn write(&self) -> Value {
        Value::String(match self {
            Self::Random => "random".to_owned(),
            Self::Run(run) => format!("run:{run}"),
        })
    }

    fn schema() -> serde_json::Value {
        json!({ "type": "string", "pattern": "^(random|run:.+)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_run_is_named_as_everywhere() {
        let read = |text: &str| Init::read(&Value::String(text.to_owned()));
        assert_eq!(read("random"), Ok(Init::Random));
        for run in [
            "cats@best",
            "cats@latest",
            "cats",
            "0001-deadbeef",
            "../runs/cats/0001-deadbeef",
            "/home/me@work/runs/cats/0001-deadbeef",
        ] {
            let init = Init::Run(run.to_owned());
            assert_eq!(read(&format!("run:{run}")), Ok(init.clone()));
            assert_eq!(Init::read(&init.write()), Ok(init));
        }
        assert!(read("run:").is_err() && read("run:@best").is_err() && read("run:cats@worst").is_err());
    }
}
