//! Whether a key can have a value: the experiment is resolved with it, and what is then wrong with the key is reported.

use std::path::Path;
use std::sync::Arc;

use toml::Value;

use crate::spec::assignments::dotted;
use crate::spec::check::{Checker, domain};
use crate::spec::context::Context;
use crate::spec::key::Key;
use crate::spec::knob::written;
use crate::spec::layer::Layer;
use crate::spec::load;
use crate::spec::manual::{KINDED, kinded, manual};
use crate::spec::model::{Condition, Domain, Zip};
use crate::spec::origin::Origin;
use crate::spec::problem::Problem;
use crate::spec::raw::{Field, Space};

impl Checker<'_> {
    /// Reports a value that its key can't have: the experiment is resolved with it, and what is then wrong with the key is reported here.
    ///
    /// Where the sweep also chooses the `kind` of the table, the value must be valid with each, unless `when` says with which.
    pub(super) fn candidate(&mut self, at: &Key, key: &Key, value: &Value, when: &[Condition], kinds: &[(Key, Value)]) {
        let folder = self.context.absolute(self.provenance.find(at), ".");
        let conditions: Vec<(Key, Value)> =
            when.iter().filter_map(|condition| Some((dotted(&condition.key)?, condition.value.clone()))).collect();
        let table = key.parent().unwrap_or_default().join("kind");
        let chosen = *key != table && !conditions.iter().any(|(key, _)| *key == table);
        let chosen: Vec<&(Key, Value)> = kinds.iter().filter(|(key, _)| chosen && *key == table).collect();
        let beside = |kind: Option<&(Key, Value)>| conditions.iter().chain(kind).cloned().collect::<Vec<_>>();
        let try_with = |kind| faults(self.context, &folder, key, value, &beside(kind));
        let first = match chosen.as_slice() {
            [] => try_with(None),
            kinds => {
                kinds.iter().map(|kind| try_with(Some(*kind))).find(|faults| !faults.is_empty()).unwrap_or_default()
            }
        };
        for fault in first {
            let rest = fault.key.as_ref().map_or(&[][..], |found| &found.parts()[key.parts().len()..]);
            let place = self.value(&at.within(rest));
            let help = if chosen.is_empty() { fault.help.clone() } else { vec![only_where(key, &chosen)] };
            self.problems.push(Problem { key: Some(at.clone()), place, others: Vec::new(), help, ..fault });
        }
    }

    /// What is wrong with a key, whatever its value, is said at its first value only.
    pub(super) fn say_once(&mut self, before: usize) {
        let mut said = std::collections::HashSet::new();
        let new = self.problems.split_off(before);
        self.problems
            .extend(new.into_iter().filter(|problem| said.insert((problem.title.clone(), problem.label.clone()))));
    }

    pub(super) fn candidates_of_zip(&mut self, zip: &[Zip], kinds: &[(Key, Value)]) {
        for (index, zip) in zip.iter().enumerate() {
            let at = Key::dotted("sweep.zip").join(index);
            for (name, values) in &zip.columns {
                let Some(key) = dotted(name) else { continue };
                let before = self.problems.len();
                for (row, value) in values.iter().enumerate() {
                    self.candidate(&at.join(name).join(row), &key, value, &[], kinds);
                }
                self.say_once(before);
            }
        }
    }
}

/// The values that stand for a domain: all of a choice, the two ends of a range.
pub(super) fn candidates(domain: &Domain) -> Vec<Value> {
    match domain {
        Domain::Choice(values) => values.clone(),
        Domain::Uniform(low, high) | Domain::LogUniform(low, high) => vec![Value::Float(*low), Value::Float(*high)],
        Domain::IntUniform(low, high) => vec![Value::Integer(*low), Value::Integer(*high)],
    }
}

/// Advice for a key that not all of the chosen kinds have.
fn only_where(key: &Key, chosen: &[&(Key, Value)]) -> String {
    let family = kinded(&key.parent().unwrap_or_default()).map_or("", |(_, family)| family);
    let kinds = manual().kinds_with(family, key.name());
    let fitting = chosen.iter().find(|(_, kind)| kinds.iter().any(|own| kind.as_str() == Some(own)));
    match fitting {
        Some((table, kind)) => {
            format!("say where it varies: `{{ choice = [...], when = {{ \"{table}\" = {kind} }} }}`")
        }
        None => "no kind that this sweep chooses has it".to_owned(),
    }
}

/// Every `kind` that the sweep chooses, with its key.
pub(super) fn kinds(space: &Field<Space>, zip: &[Zip]) -> Vec<(Key, Value)> {
    let tables = KINDED.map(|(table, _)| format!("{table}.kind"));
    let mut kinds = Vec::new();
    for name in &tables {
        let axis = match &space.0 {
            Some(Ok(Space(table))) => table.get(name).and_then(|value| domain::read(value).ok()),
            Some(Err(_)) | None => None,
        };
        let axis = axis.map(|written| candidates(&written.domain)).unwrap_or_default();
        let columns = zip.iter().flat_map(|zip| &zip.columns).filter(|(key, _)| key == name);
        let values = axis.into_iter().chain(columns.flat_map(|(_, values)| values.iter().cloned()));
        kinds.extend(values.map(|value| (Key::dotted(name), value)));
    }
    kinds
}

/// What is wrong with a key when the experiment is resolved with a value for it.
fn faults(context: &Arc<Context>, folder: &Path, key: &Key, value: &Value, beside: &[(Key, Value)]) -> Vec<Problem> {
    let mut point = Layer::default();
    let origin = || Origin::Point { pair: format!("{key} = {}", written(value)), folder: folder.to_owned() };
    point.set(&Key::dotted("sweep"), Value::Boolean(false), origin());
    for (key, value) in beside {
        point.set(key, value.clone(), origin());
    }
    point.set(key, value.clone(), origin());
    let mut problems = Vec::new();
    load::resolve(context, Some(point), &mut problems);
    problems.retain(|problem| problem.key.as_ref().is_some_and(|found| found.is_within(key)));
    problems
}
