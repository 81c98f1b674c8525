//! The built-in defaults and their documentation: `defaults.toml`, read once.
//!
//! A key that stands there is a key; a key that doesn't is none. Everything that needs the list of keys takes it from here.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use toml::{Table, Value};

use super::key::Key;
use super::layer::Layer;
use super::origin::{Origin, SourceFile};

/// The manual as text: `defaults.toml`.
pub const MANUAL: &str = include_str!("defaults.toml");

/// Tables that an experiment may lack.
pub const OPTIONAL: [&str; 5] =
    ["fine_tune", "top.early_stopping", "fine_tune.early_stopping", "sweep", "sweep.pruner"];

/// Tables whose keys depend on their `kind`, each with its family in the manual.
pub const KINDED: [(&str, &str); 5] = [
    ("top.optimizer", "optimizer"),
    ("fine_tune.optimizer", "optimizer"),
    ("top.schedule", "schedule"),
    ("fine_tune.schedule", "schedule"),
    ("sweep.pruner", "pruner"),
];

/// Settings of `[fine_tune]` that are as in `[top]` where nobody says otherwise.
pub const AS_IN_TOP: [&str; 4] = ["dropout", "l1", "l2", "class_weights"];

/// Tables whose own keys are keys of the experiment file.
const OPEN: [&str; 3] = ["sweep.space", "sweep.zip", "sweep.exclude"];

/// The manual, read.
pub struct Manual {
    /// Defaults alone: what is not commented out.
    defaults: Layer,
    /// All settings, those without a default with their example.
    examples: Layer,
    docs: BTreeMap<Key, String>,
    /// Every setting and every table, in the order of the manual, without `kinds`.
    order: Vec<Key>,
}

/// The one manual.
pub fn manual() -> &'static Manual {
    static READ: LazyLock<Manual> = LazyLock::new(Manual::read);
    &READ
}

impl Manual {
    fn read() -> Self {
        let text = uncomment(MANUAL);
        let examples = layer(&text);
        let mut at: Vec<(usize, Key)> = Vec::new();
        for (key, origin) in &examples.origins {
            if let Origin::File { key: span, .. } = origin {
                at.push((span.start, key.clone()));
            }
        }
        at.sort();
        let lines: Vec<&str> = text.lines().collect();
        let line = |offset: usize| text[..offset].matches('\n').count();
        let docs = at.iter().map(|(offset, key)| (key.clone(), comment_above(&lines, line(*offset))));
        let docs = docs.filter(|(_, doc)| !doc.is_empty()).collect();
        let mut manual = Self { defaults: layer(MANUAL), examples, docs, order: Vec::new() };
        manual.order = manual.keys(at.into_iter().map(|(_, key)| key));
        manual
    }

    /// The keys of the experiment file, those of all kinds of a table right behind its `kind`.
    fn keys(&self, written: impl Iterator<Item = Key>) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for key in written.filter(|key| !key.is_within(&Key::dotted("kinds"))) {
            let open = OPEN.iter().any(|open| key.is_within(&Key::dotted(open)) && key != Key::dotted(open));
            let element = key.parts().last().is_some_and(|name| name.parse::<usize>().is_ok());
            if open || element || keys.contains(&key) {
                continue;
            }
            keys.push(key.clone());
            let kinded = KINDED.iter().find(|(table, _)| Key::dotted(table) == key);
            if let Some((_, family)) = kinded {
                let names = ["kind", "lr"].into_iter().filter(|name| *name == "kind" || *family == "optimizer");
                let names = names.map(str::to_owned).chain(self.kind_keys(family));
                keys.extend(names.map(|name| key.join(name)));
            }
        }
        keys
    }

    /// All keys that any kind of a family has, besides `kind` and an optimizer's `lr`.
    fn kind_keys(&self, family: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for kind in self.kinds(family) {
            names.extend(self.keys_of_kind(family, &kind).into_iter().filter(|name| name != "lr"));
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// The kinds of a family, such as `optimizer`.
    pub fn kinds(&self, family: &str) -> Vec<String> {
        let kinds = self.examples.get(&Key::dotted("kinds").join(family)).and_then(Value::as_table);
        kinds.map(|kinds| kinds.keys().cloned().collect()).unwrap_or_default()
    }

    /// The keys that one kind has, besides `kind`.
    pub fn keys_of_kind(&self, family: &str, kind: &str) -> Vec<String> {
        let keys = self.examples.get(&Key::dotted("kinds").join(family).join(kind)).and_then(Value::as_table);
        let lr = (family == "optimizer").then(|| "lr".to_owned());
        lr.into_iter().chain(keys.into_iter().flat_map(|keys| keys.keys().cloned())).collect()
    }

    /// The kinds of a family that have a key.
    pub fn kinds_with(&self, family: &str, name: &str) -> Vec<String> {
        let mut kinds = self.kinds(family);
        kinds.retain(|kind| self.keys_of_kind(family, kind).iter().any(|key| key == name));
        kinds
    }

    /// Every setting and every table of the experiment file, in the order of the manual.
    pub fn order(&self) -> &[Key] {
        &self.order
    }

    /// Whether a table's keys are free: `sweep.space` and its like.
    pub fn is_open(key: &Key) -> bool {
        OPEN.iter().any(|open| Key::dotted(open) == *key)
    }

    /// What the manual says about a key of the experiment file; empty if nothing.
    pub fn doc(&self, key: &Key) -> String {
        if let Some(doc) = self.docs.get(key) {
            return doc.clone();
        }
        let Some((_, family)) = key.parent().and_then(|table| kinded(&table)) else { return String::new() };
        match key.name() {
            "kind" => format!("One of: {}.", self.kinds(family).join(", ")),
            "lr" => "The learning rate, above 0. Every kind has it.".to_owned(),
            name => {
                let kinds = self.kinds_with(family, name);
                let at = |kind: &String| self.docs.get(&Key::dotted("kinds").join(family).join(kind).join(name));
                let doc = kinds.first().and_then(at).cloned().unwrap_or_default();
                format!("{doc} For: {}.", kinds.join(", "))
            }
        }
    }

    /// The default of a key, where it has one that doesn't depend on other keys.
    pub fn default(&self, key: &Key) -> Option<&Value> {
        self.defaults.get(key)
    }

    /// The example of a key that has no default.
    pub fn example(&self, key: &Key) -> Option<&Value> {
        let of_kinds = || {
            let (_, family) = kinded(&key.parent()?)?;
            let kind = self.kinds_with(family, key.name()).into_iter().next()?;
            self.examples.get(&Key::dotted("kinds").join(family).join(kind).join(key.name()))
        };
        self.examples.get(key).or_else(of_kinds)
    }

    /// The defaults that belong under some settings: of the kinds that they choose, of the optional tables that they have.
    pub fn defaults_under(&self, settings: &Layer) -> Layer {
        let mut layer = self.defaults.clone();
        layer.remove(&Key::dotted("kinds"));
        for (table, family) in KINDED {
            self.choose_kind(&mut layer, settings, &Key::dotted(table), family);
        }
        for table in OPTIONAL.map(Key::dotted) {
            if !settings.get(&table).is_some_and(Value::is_table) {
                layer.remove(&table);
            }
        }
        if layer.get(&Key::dotted("fine_tune")).is_some() {
            for name in AS_IN_TOP {
                let top = Key::dotted("top").join(name);
                let value = settings.get(&top).or_else(|| layer.get(&top)).cloned();
                if let Some(value) = value {
                    layer.set(&Key::dotted("fine_tune").join(name), value, Origin::Defaults);
                }
            }
        }
        layer.origins.values_mut().for_each(|origin| *origin = Origin::Defaults);
        layer
    }

    fn choose_kind(&self, layer: &mut Layer, settings: &Layer, table: &Key, family: &str) {
        let kind_key = table.join("kind");
        let usual = self.default(&kind_key).and_then(Value::as_str).unwrap_or_default();
        let kind = settings.get(&kind_key).and_then(Value::as_str).unwrap_or(usual);
        let section = layer.get(table).and_then(Value::as_table).cloned().unwrap_or_default();
        let of_kind = self.defaults.get(&Key::dotted("kinds").join(family).join(kind)).and_then(Value::as_table);
        let mut merged: Table = of_kind.cloned().unwrap_or_default();
        merged.extend(section.into_iter().filter(|(name, _)| kind == usual || name == "lr"));
        if kind == usual {
            merged.insert("kind".to_owned(), Value::String(usual.to_owned()));
        }
        layer.remove(table);
        layer.set(table, Value::Table(Table::new()), Origin::Defaults);
        for (name, value) in merged {
            layer.set(&table.join(name), value, Origin::Defaults);
        }
    }

    /// The kind that a table has where nobody says otherwise.
    pub fn usual_kind(&self, table: &Key) -> &str {
        self.default(&table.join("kind")).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The entry of a table whose keys depend on its `kind`.
pub fn kinded(table: &Key) -> Option<(&'static str, &'static str)> {
    KINDED.into_iter().find(|(name, _)| Key::dotted(name) == *table)
}

fn layer(text: &str) -> Layer {
    let file = SourceFile { path: "defaults.toml".into(), shown: "defaults.toml".to_owned(), text: text.to_owned() };
    let mut problems = Vec::new();
    let (layer, _) = super::parse::parse(&Arc::new(file), &mut problems);
    assert!(problems.is_empty(), "the built-in defaults are valid TOML: {problems:?}");
    layer
}

/// Turns `#key = value` into a setting; `# text` stays a comment.
fn uncomment(text: &str) -> String {
    let uncommented = text.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) => rest,
        _ => line,
    });
    uncommented.collect::<Vec<_>>().join("\n")
}

/// The comment that ends right above a line, perhaps with an empty line between a table's name and its first key.
fn comment_above(lines: &[&str], line: usize) -> String {
    let above = lines[..line].iter().rev().take_while(|line| line.starts_with('#'));
    let mut texts: Vec<&str> = above.map(|line| line.trim_start_matches('#').trim()).collect();
    texts.reverse();
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_documented() {
        let silent: Vec<String> = manual()
            .order()
            .iter()
            .filter(|key| manual().doc(key).is_empty() && manual().default(key).is_none_or(|value| !value.is_table()))
            .map(Key::to_string)
            .collect();
        assert_eq!(silent, Vec::<String>::new());
    }

    #[test]
    fn the_defaults_of_an_optimizer_are_those_of_its_kind() {
        let mut settings = Layer::default();
        let kind = Value::String("adam".to_owned());
        settings.set(&Key::dotted("top.optimizer.kind"), kind, Origin::Defaults);
        let defaults = manual().defaults_under(&settings);
        let adam = defaults.get(&Key::dotted("top.optimizer")).and_then(Value::as_table).expect("a table");
        assert_eq!(adam.keys().collect::<Vec<_>>(), ["beta1", "beta2", "eps", "lr", "weight_decay"]);
    }

    #[test]
    fn optional_tables_have_no_defaults_until_they_are_there() {
        let defaults = manual().defaults_under(&Layer::default());
        assert_eq!(defaults.get(&Key::dotted("fine_tune")), None);
        assert_eq!(defaults.get(&Key::dotted("top.early_stopping")), None);
    }
}
