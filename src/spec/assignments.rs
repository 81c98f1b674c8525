//! Settings from outside of files: `FROSTLINE_TOP__EPOCHS=5` and `--set top.epochs=5`.

use toml::{Table, Value};

use super::key::Key;
use super::layer::Layer;
use super::origin::Origin;
use super::problem::{Place, Problem};

const PREFIX: &str = "FROSTLINE_";

/// Variables that are no settings of an experiment: those that frostline reads, and those that its tests do.
#[rustfmt::skip]
pub const RESERVED: &[&str] = &[
    "ISA", "KERNELS", "RUNS", "THREADS", "LOG", "CACHE", "FAULT",
    "PROOF", "PROOF_FROM", "PYTHON", "TENSORBOARD_PYTHON", "TEST_DEVICE", "TUMOR_ONNX",
];

/// The layer of environment variables: those that begin with `FROSTLINE_`, two underscores between the names of tables and keys.
pub fn environment(variables: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    let mut ours: Vec<_> = variables.iter().filter_map(|(name, value)| Some((name, setting(name)?, value))).collect();
    ours.sort();
    for (name, setting, value) in ours {
        let key = Key::new(setting.to_lowercase().split("__").map(str::to_owned).collect());
        let origin = Origin::Environment { variable: name.clone(), value: value.clone() };
        layer.set(&key, read(value), origin);
    }
    layer
}

fn setting(variable: &str) -> Option<&str> {
    variable.strip_prefix(PREFIX).filter(|name| !RESERVED.contains(name))
}

/// The layer of `--set K=V` arguments, in their order: later ones win.
pub fn arguments(arguments: &[String], problems: &mut Vec<Problem>) -> Layer {
    let mut layer = Layer::default();
    for argument in arguments {
        match split(argument) {
            Some((key, value)) => layer.set(&key, read(value), Origin::Set { argument: argument.clone() }),
            None => problems.push(malformed(argument)),
        }
    }
    layer
}

fn malformed(argument: &str) -> Problem {
    let place = Place::Set { argument: argument.to_owned() };
    Problem::invalid(place, "`--set` takes a key and a value")
        .label("expected `KEY=VALUE`")
        .help("for example `--set top.epochs=5`")
}

/// Splits at the first `=` outside of quotes; the key is one that TOML accepts.
fn split(argument: &str) -> Option<(Key, &str)> {
    let mut quote = None;
    let equals = argument.char_indices().find(|(_, c)| {
        match (quote, *c) {
            (None, '"' | '\'') => quote = Some(*c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        *c == '=' && quote.is_none()
    })?;
    let (key, value) = (&argument[..equals.0], &argument[equals.0 + 1..]);
    Some((dotted(key)?, value))
}

/// A dotted key as TOML reads it.
pub fn dotted(text: &str) -> Option<Key> {
    if text.contains('\n') {
        return None;
    }
    let mut table: Table = toml::from_str(&format!("{text} = 0")).ok()?;
    let mut key = Key::default();
    loop {
        let (name, value) = table.into_iter().next()?;
        key = key.join(name);
        match value {
            Value::Table(inner) => table = inner,
            _ => return Some(key),
        }
    }
}

/// A TOML value, or else the text itself: `relu` needs no quotes.
fn read(text: &str) -> Value {
    let parsed: Option<Table> = toml::from_str(&format!("value = {text}")).ok();
    let alone = parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
    match alone {
        Some(Value::Datetime(_)) | None => Value::String(text.to_owned()),
        Some(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_toml_or_else_text() {
        assert_eq!(read("5"), Value::Integer(5));
        assert_eq!(read("relu"), Value::String("relu".to_owned()));
        assert_eq!(read("\"5\""), Value::String("5".to_owned()));
        assert_eq!(read("[150, 200]").as_array().map(Vec::len), Some(2));
        assert_eq!(read("../data/train"), Value::String("../data/train".to_owned()));
        assert_eq!(read("1\nx = 2"), Value::String("1\nx = 2".to_owned()));
    }

    #[test]
    fn a_key_may_be_quoted() {
        let (key, value) = split("sweep.space.\"top.dropout\"=[0.1, 0.2]").expect("a key and a value");
        assert_eq!((key, value), (Key::dotted("sweep.space").join("top.dropout"), "[0.1, 0.2]"));
        assert_eq!(split("top.epochs"), None);
        assert_eq!(split("=5"), None);
    }

    #[test]
    fn reserved_and_foreign_variables_are_no_settings() {
        let variables =
            [("FROSTLINE_THREADS", "2"), ("FROSTLINE_PYTHON", "py"), ("HOME", "/"), ("FROSTLINE_TOP__EPOCHS", "5")];
        let layer = environment(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(layer.origins.keys().collect::<Vec<_>>(), [&Key::dotted("top.epochs")]);
    }
}
