//! Whether every key is a key, and every table a table. What isn't is reported and removed, so that the rest can be read.

use toml::{Table, Value};

use super::key::Key;
use super::knob::describe;
use super::layer::Layer;
use super::manual::{Manual, OPTIONAL, manual};
use super::origin::{Origin, Provenance};
use super::problem::{Place, Problem};
use super::suggest;

/// Reports unknown keys and values in the place of tables, and removes them.
pub fn check(merged: &mut Layer, provenance: &Provenance, problems: &mut Vec<Problem>) {
    let mut walk = Walk { provenance, problems };
    walk.table(&Key::default(), &mut merged.table);
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
            Value::Table(table) => {
                self.table(key, table);
                true
            }
            Value::Boolean(false) if OPTIONAL.contains(&key.to_string().as_str()) => false,
            _ => {
                self.no_table(key, value);
                false
            }
        }
    }

    /// Unknown tables are reported where they begin, wherever their first key was set.
    fn unknown(&mut self, key: &Key, value: &Value) {
        let place = Place::key(&self.origin(key, value));
        let problem = Problem::invalid(place, title(key, value)).about(key);
        self.problems.push(advise(key, problem));
    }

    fn no_table(&mut self, key: &Key, value: &Value) {
        let label = format!("expected a table, found {}", describe(value));
        let problem = Problem::invalid(Place::value(&self.origin(key, value)), format!("`{key}` is a table"));
        let kinds = super::manual::kinded(key).filter(|_| value.is_str());
        let help = match (kinds, value) {
            (Some(_), Value::String(kind)) => format!("write `{} = {{ kind = \"{kind}\" }}`", key.name()),
            _ if OPTIONAL.contains(&key.to_string().as_str()) => {
                format!("write its keys under `[{key}]`, or `{} = false` to go without it", key.name())
            }
            _ => format!("write its keys under `[{key}]`"),
        };
        self.problems.push(problem.about(key).label(label).help(help));
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
    manual().order().iter().any(|other| other.parent().as_ref() == Some(key))
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
fn advise(key: &Key, problem: Problem) -> Problem {
    let section = key.parent().unwrap_or_default();
    let here: Vec<&Key> = manual().order().iter().filter(|other| other.parent().as_ref() == Some(&section)).collect();
    if let Some(name) = suggest::nearest(key.name(), here.iter().map(|key| key.name())) {
        return problem.label(format!("did you mean `{name}`?"));
    }
    let elsewhere = |name: &str| -> Vec<String> {
        let same = manual().order().iter().filter(|other| other.name() == name);
        same.filter_map(Key::parent).map(|table| table_name(&table)).collect()
    };
    let tables = elsewhere(key.name());
    if !tables.is_empty() {
        let place = format!("`{}` belongs to {}", key.name(), tables.join(" or "));
        return problem.label(place);
    }
    let others = manual().order().iter().filter(|other| other.parts().len() > 1).map(Key::name);
    if let Some(name) = suggest::nearest(key.name(), others) {
        return problem.label(format!("did you mean `{name}`, in {}?", elsewhere(name).join(" or ")));
    }
    let keys: Vec<String> = here.iter().map(|key| format!("`{}`", key.name())).collect();
    problem.label("unknown").help(format!("{} has {}", table_name(&section), keys.join(", ")))
}

/// How messages speak of a table.
pub fn table_name(table: &Key) -> String {
    match table.parts().is_empty() {
        true => "the top level".to_owned(),
        false => format!("`[{table}]`"),
    }
}
