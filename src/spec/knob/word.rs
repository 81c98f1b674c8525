//! Words out of a fixed list.

use toml::Value;

use super::Fault;
use crate::spec::suggest;

/// Reads one word out of a fixed list.
pub fn read_word(words: &[&'static str], value: &Value) -> Result<&'static str, Fault> {
    let fault = || Fault::expected(&one_of(words), value);
    let Value::String(text) = value else { return Err(fault()) };
    if let Some(word) = words.iter().find(|word| *word == text) {
        return Ok(word);
    }
    match suggest::nearest(text, words.iter().copied()) {
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
