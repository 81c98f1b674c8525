//! Resolved settings as an ordered list of dotted keys, and what differs between two of them.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

/// The settings of an experiment, flattened: `top.optimizer.lr` -> `0.001`. Keys are in byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Flattens a TOML document. Arrays are values, tables are not; texts stand without quotation marks.
    pub fn parse(document: &str) -> Result<Self, toml::de::Error> {
        let mut settings = Self::default();
        settings.flatten("", &Value::Table(document.parse()?));
        Ok(settings)
    }

    fn flatten(&mut self, prefix: &str, value: &Value) {
        match value {
            Value::Table(table) => table.iter().for_each(|(key, value)| self.flatten(&joined(prefix, key), value)),
            Value::String(text) => self.insert(prefix, text),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) => {
                self.insert(prefix, value.to_string());
            }
        }
    }

    /// Sets one key.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), value.into());
    }

    /// Removes one key.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Keys and values, in byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn joined(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// Keys that say what a run is called or where its files lie, not what it does. They are left out of comparisons.
pub fn is_label(key: &str) -> bool {
    matches!(key, "name" | "tags" | "extends" | "device") || key.starts_with("sweep.")
}

/// The keys whose values are not the same in all of the settings, in byte order. A key that is absent somewhere differs.
pub fn differing<'a>(all: impl IntoIterator<Item = &'a Settings>) -> Vec<String> {
    let all: Vec<_> = all.into_iter().collect();
    let keys: BTreeSet<_> = all.iter().flat_map(|settings| settings.iter().map(|(key, _)| key)).collect();
    let differs = |key: &&str| all.windows(2).any(|pair| pair[0].get(key) != pair[1].get(key));
    keys.into_iter().filter(|key| !is_label(key)).filter(differs).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_become_dotted_keys_and_arrays_stay_values() {
        let settings =
            Settings::parse("seed = 1\n[top]\nhidden = [256, 64]\noptimizer = { kind = \"sgd\", lr = 1e-3 }\n")
                .expect("the document is well-formed");
        let pairs: Vec<_> = settings.iter().collect();
        assert_eq!(
            pairs,
            [("seed", "1"), ("top.hidden", "[256, 64]"), ("top.optimizer.kind", "sgd"), ("top.optimizer.lr", "0.001")]
        );
    }

    #[test]
    fn only_keys_that_differ_are_listed_and_an_absent_key_differs() {
        let parse = |text| Settings::parse(text).expect("the document is well-formed");
        let runs = [
            parse("name = 'a'\nseed = 0\nx = 1"),
            parse("name = 'b'\nseed = 0\nx = 2"),
            parse("seed = 0\nx = 1\ny = 1"),
        ];
        assert_eq!(differing(&runs), ["x", "y"]);
    }
}
