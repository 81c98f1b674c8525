//! Whether every key is a key, and every table a table. What isn't is reported and removed, so that the rest can be read.

use toml::{Table, Value};

use super::key::Key;
use super::knob::describe;
use super::layer::Layer;
use super::manual::{Manual, OPTIONAL, manual};
use super::origin::{Origin, Provenance};
use super::problem::{Place, Problem};
use super::suggest;

/// Reports unknown keys, and removes them; tables that are `false` are absent.
pub fn check(merged: &mut Layer, provenance: &Provenance, problems: &mut Vec<Problem>) {
    let mut walk = Walk { provenance, problems };
    walk.table(&Key::default(), &mut merged.table);
}

/// Reports values in the place of tables in one layer, and removes them, so that the tables of other layers are seen.
pub fn tables(layer: &mut Layer, problems: &mut Vec<Problem>) {
    for key in manual().order().iter().filter(|key| is_table(key)) {
        let is_off = |value: &Value| *value == Value::Boolean(false) && is_optional(key);
        let Some(value) = layer.get(key).filter(|value| !value.is_table() && !is_off(value)) else { continue };
        let place = layer.origin(key).map_or(Place::Defaults, Place::value);
        problems.push(no_table(key, value, place));
        layer.remove(key);
    }
}

fn no_table(key: &Key, value: &Value, place: Place) -> Problem {
    let label = format!("expected a table, found {}", describe(value));
    let help = match (super::manual::kinded(key), value) {
        (Some(_), Value::String(kind)) => format!("write `{} = {{ kind = \"{kind}\" }}`", key.name()),
        _ if is_optional(key) => {
            format!("write its keys under `[{key}]`, or `{} = false` to go without it", key.name())
        }
        _ => format!("write its keys under `[{key}]`"),
    };
    Problem::invalid(place, format!("`{key}` is a table")).about(key).label(label).help(help)
}

fn is_optional(key: &Key) -> bool {
    OPTIONAL.contains(&key.to_string().as_str())
}

struct Walk<'a> {
    provenance: &'a Provenance,
    problems: &'a mut Vec<Problem>,
}

impl Walk<'_> {
    fn table(&mut self, at: &Key, table: &mut Table) {
        table.retain(|name, value| self.keep(&at.join(name), value));
    }

    fn keep(&mut self, key: &Key, value: &mut Value) -> bool {
        if !manual().order().contains(key) {
            self.unknown(key, value);
            return false;
        }
        if Manual::is_open(key) || !is_table(key) {
            return true;
        }
        match value {
            Value::Table(table) => self.table(key, table),
            _ => return false,
        }
        true
    }

    /// Unknown tables are reported where they begin, wherever their first key was set.
    fn unknown(&mut self, key: &Key, value: &Value) {
        let place = Place::key(&self.origin(key, value));
        let problem = Problem::invalid(place, title(key, value)).about(key);
        self.problems.push(advise(key, value, problem));
    }

    /// Where a key was written; a table that only dotted keys made has the place of its first key.
    fn origin(&self, key: &Key, value: &Value) -> Origin {
        let own = self.provenance.get(key).or_else(|| self.provenance.find(&first_leaf(key, value)));
        own.cloned().unwrap_or(Origin::Defaults)
    }
}

fn first_leaf(key: &Key, value: &Value) -> Key {
    match value {
        Value::Table(table) => match table.iter().next() {
            Some((name, value)) => first_leaf(&key.join(name), value),
            None => key.clone(),
        },
        _ => key.clone(),
    }
}

fn is_table(key: &Key) -> bool {
    manual().order().iter().any(|other| other.is_in(key))
}

fn title(key: &Key, value: &Value) -> String {
    let section = key.parent().unwrap_or_default();
    match (section.parts().is_empty(), value) {
        (true, Value::Table(_)) => format!("there is no table `[{key}]`"),
        (true, _) => format!("there is no key `{key}` at the top level"),
        (false, _) => format!("there is no key `{}` in `[{section}]`", key.name()),
    }
}

/// The nearest key in the same table; the same or the nearest word elsewhere; else all keys of the table.
fn advise(key: &Key, value: &Value, problem: Problem) -> Problem {
    let section = key.parent().unwrap_or_default();
    let here = keys_of(&section);
    if let Some(name) = suggest::nearest(key.name(), here.iter().map(|key| key.name())) {
        return problem.label(format!("did you mean `{name}`?"));
    }
    let inner = manual().order().iter().filter(|other| other.parts().len() > 1 && is_table(other) == value.is_table());
    let inner: Vec<&Key> = inner.collect();
    if let Some(place) = belongs(&section, key.name(), &inner) {
        return problem.label(format!("`{}` belongs to {place}", key.name()));
    }
    let near = suggest::nearest(key.name(), inner.iter().map(|key| key.name()));
    match near.and_then(|name| Some((name, belongs(&section, name, &inner)?))) {
        Some((name, place)) => problem.label(format!("did you mean `{name}`, in {place}?")),
        None => {
            let keys: Vec<String> = here.iter().map(|key| format!("`{}`", key.name())).collect();
            problem.label("unknown").help(format!("{} has {}", table_name(&section), keys.join(", ")))
        }
    }
}

/// The tables that have a key of this name: those within the section, if there are any, else all.
fn belongs(section: &Key, name: &str, keys: &[&Key]) -> Option<String> {
    let tables = keys.iter().filter(|key| key.name() == name).filter_map(|key| key.parent());
    let (near, far): (Vec<Key>, Vec<Key>) =
        tables.partition(|table| !section.parts().is_empty() && table.is_within(section));
    let tables = if near.is_empty() { far } else { near };
    let names: Vec<String> = tables.iter().map(table_name).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}

/// The keys that stand in a table, in the order of the manual.
pub fn keys_of(table: &Key) -> Vec<&'static Key> {
    manual().order().iter().filter(|key| key.is_in(table)).collect()
}

/// How messages speak of a table.
pub fn table_name(table: &Key) -> String {
    match table.parts().is_empty() {
        true => "the top level".to_owned(),
        false => format!("`[{table}]`"),
    }
}
