//! Values as text: as TOML writes them, and as messages show them.

use toml::Value;

use crate::spec::key::quoted;

/// A value as TOML, on one line; numbers in the shortest form that reads as the same number.
pub fn written(value: &Value) -> String {
    match value {
        Value::Float(number) if number.is_finite() => format!("{number:?}"),
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Float(_) | Value::String(_) | Value::Integer(_) | Value::Boolean(_) | Value::Datetime(_) => {
            value.to_string()
        }
        Value::Table(table) => {
            let pairs = table.iter().map(|(name, value)| format!("{} = {}", quoted(name), written(value)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_value_reads_as_itself() {
        for text in ["1e-7", "0.5", "3", "[1, 2.0]", "\"a b\"", "{ \"top.dropout\" = [0.1], x = true }"] {
            let table: toml::Table = toml::from_str(&format!("v = {text}")).expect(text);
            assert_eq!(written(&table["v"]), text);
        }
    }
}
