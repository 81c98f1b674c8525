//! Keys: where a setting stands in the tree of tables.

use std::fmt;

/// The way to a value: names of tables, then of the key; an array's element is its index.
///
/// Displays as TOML writes it and as `--set` takes it: `top.optimizer.lr`, `sweep.space."top.dropout"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<String>);

impl Key {
    /// A key from its dotted form, in which no name contains a dot.
    pub fn dotted(text: &str) -> Self {
        Self(text.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// A key from its parts.
    pub fn new(parts: Vec<String>) -> Self {
        Self(parts)
    }

    /// One level further in.
    pub fn join(&self, name: impl fmt::Display) -> Self {
        let mut parts = self.0.clone();
        parts.push(name.to_string());
        Self(parts)
    }

    /// Some levels further in.
    pub fn within(&self, names: &[String]) -> Self {
        names.iter().fold(self.clone(), |key, name| key.join(name))
    }

    /// One level further out; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// The last name; empty at the root.
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// The names on the way.
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// Whether this key stands directly in a table.
    pub fn is_in(&self, table: &Self) -> bool {
        self.0.split_last().is_some_and(|(_, before)| *before == table.0)
    }

    /// Whether this key is `other` or lies within it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

/// A name as TOML writes it: with quotes where it needs them.
pub fn quoted(name: &str) -> String {
    match bare(name) {
        true => name.to_owned(),
        false => toml::Value::String(name.to_owned()).to_string(),
    }
}

fn bare(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{}", quoted(name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_toml_writes_it() {
        assert_eq!(Key::dotted("top.optimizer.lr").to_string(), "top.optimizer.lr");
        assert_eq!(Key::dotted("sweep.space").join("top.dropout").to_string(), "sweep.space.\"top.dropout\"");
    }

    #[test]
    fn a_key_lies_within_its_tables() {
        let key = Key::dotted("top.optimizer.lr");
        assert!(key.is_within(&Key::dotted("top")) && key.is_within(&key) && !key.is_within(&Key::dotted("to")));
        assert_eq!(key.parent(), Some(Key::dotted("top.optimizer")));
        assert!(key.is_in(&Key::dotted("top.optimizer")) && !key.is_in(&Key::dotted("top")));
    }
}
