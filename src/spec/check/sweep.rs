//! `[sweep]`: every key a key, every value valid for its key, pairs of equal length, exclusions that can match.

use toml::{Table, Value};

use super::{Checker, domain};
use crate::spec::assignments::dotted;
use crate::spec::context::Context;
use crate::spec::key::Key;
use crate::spec::knob::{Fault, describe, written};
use crate::spec::knobs::{PrunerKind, Strategy, Trials};
use crate::spec::layer::Layer;
use crate::spec::load;
use crate::spec::manual::{KINDED, kinded, manual};
use crate::spec::model::{Axis, Condition, Domain, Exclusion, Pruner, Sweep, Zip};
use crate::spec::origin::Origin;
use crate::spec::problem::Problem;
use crate::spec::raw::{self, Field, Pairings, Space};
use crate::spec::shape::keys_of;
use crate::spec::suggest;

/// Keys that are the same in every point.
const FIXED: [&str; 4] = ["name", "tags", "extends", "sweep"];

impl Checker<'_> {
    pub(super) fn sweep(&mut self, raw: raw::Sweep) -> Option<Sweep> {
        let at = Key::dotted("sweep");
        let strategy = self.required(at.join("strategy"), raw.strategy);
        let trials = self.trials(raw.trials, strategy);
        let seed = self.required(at.join("seed"), raw.seed);
        let repeats = self.required(at.join("repeats"), raw.repeats);
        let objective = self.required(at.join("objective"), raw.objective);
        let parallel = self.required(at.join("parallel"), raw.parallel);
        let zip = self.zip(raw.zip);
        let kinds = kinds(&raw.space, zip.as_deref().unwrap_or_default());
        let space = self.space(raw.space, &kinds);
        self.candidates_of_zip(zip.as_deref().unwrap_or_default(), &kinds);
        self.keys_vary_once(space.as_deref().unwrap_or_default(), zip.as_deref().unwrap_or_default());
        let exclude = self.exclude(raw.exclude, space.as_deref(), zip.as_deref());
        let pruner = self.section(raw.pruner, Self::pruner);
        if let (Some([]), Some([])) = (space.as_deref(), zip.as_deref()) {
            let problem = Problem::invalid(self.key(&at), "nothing varies in this sweep").about(&at.join("space"));
            let problem = problem.label("expected `[sweep.space]` with one key or more");
            self.problems.push(problem.help("for example `\"top.dropout\" = [0.3, 0.5, 0.7]`"));
        }
        Some(Sweep {
            strategy: strategy?,
            trials: trials?,
            seed: seed?,
            repeats: repeats?,
            objective: objective?,
            parallel: parallel?,
            space: space?,
            zip: zip?,
            exclude: exclude?,
            pruner: pruner?,
        })
    }

    fn trials(&mut self, field: Field<Trials>, strategy: Option<Strategy>) -> Option<Option<Trials>> {
        let key = Key::dotted("sweep.trials");
        let trials = self.optional(&key, field)?;
        match (strategy, trials) {
            (Some(Strategy::Random | Strategy::Tpe), None) => {
                self.missing(&key);
                None
            }
            (Some(Strategy::Grid), _) => Some(None),
            (Some(Strategy::Random | Strategy::Tpe) | None, trials) => Some(trials),
        }
    }

    fn space(&mut self, field: Field<Space>, kinds: &[(Key, Value)]) -> Option<Vec<Axis>> {
        let at = Key::dotted("sweep.space");
        let Some(Space(table)) = self.optional(&at, field)? else { return Some(Vec::new()) };
        let axes: Vec<Option<Axis>> = table.iter().map(|(name, value)| self.axis(&at, name, value, kinds)).collect();
        axes.into_iter().collect()
    }

    fn axis(&mut self, space: &Key, name: &str, value: &Value, kinds: &[(Key, Value)]) -> Option<Axis> {
        let at = space.join(name);
        let key = self.varied(&at, name, value)?;
        let written = match domain::read(value) {
            Ok(written) => written,
            Err(fault) => {
                self.fault(&at, fault);
                return None;
            }
        };
        let when = self.when(&at, &written.when)?;
        let form = at.within(&written.form.map(str::to_owned).into_iter().collect::<Vec<_>>());
        let before = self.problems.len();
        for (index, candidate) in candidates(&written.domain).into_iter().enumerate() {
            self.candidate(&form.join(index), &key, &candidate, &when, kinds);
        }
        self.say_once(before);
        let axis = Axis { key: name.to_owned(), domain: written.domain, steps: written.steps, when };
        (self.problems.len() == before).then_some(axis)
    }

    /// The key that an axis varies, if it is one.
    fn varied(&mut self, at: &Key, name: &str, value: &Value) -> Option<Key> {
        let key = dotted(name).filter(|key| manual().order().contains(key));
        let fixed = key.as_ref().and_then(|key| key.parts().first()).filter(|part| FIXED.contains(&part.as_str()));
        if fixed.is_some() {
            let problem = Problem::invalid(self.key(at), format!("`{name}` can't vary")).about(at);
            self.problems.push(problem.label("is the same in every point"));
            return None;
        }
        let unquoted = value.as_table().and_then(|table| table.keys().next());
        let unquoted = unquoted.filter(|inner| manual().order().contains(&Key::dotted(name).join(inner)));
        if let Some(inner) = unquoted {
            let problem = Problem::invalid(self.key(at), "keys of a sweep are quoted as a whole").about(at);
            self.problems.push(problem.label(format!("write `\"{name}.{inner}\" = ...`")));
            return None;
        }
        if key.is_none() {
            self.unknown(at, name);
        }
        key
    }

    fn unknown(&mut self, at: &Key, name: &str) {
        let problem = Problem::invalid(self.key(at), format!("there is no key `{name}` to vary")).about(at);
        let meant = dotted(name).map(|key| meant(&key)).unwrap_or_default();
        self.problems.push(match meant.as_slice() {
            [] => problem.label("expected a key of the experiment file, such as `top.dropout`"),
            keys => problem.label(format!("did you mean `{}`?", keys.join("` or `"))),
        });
    }

    fn when(&mut self, at: &Key, when: &Table) -> Option<Vec<Condition>> {
        let before = self.problems.len();
        for name in when.keys() {
            if dotted(name).is_none_or(|key| !manual().order().contains(&key)) {
                self.unknown(&at.join("when").join(name), name);
            }
        }
        let conditions = when.iter().map(|(key, value)| Condition { key: key.clone(), value: value.clone() });
        (self.problems.len() == before).then(|| conditions.collect())
    }

    /// Reports a value that its key can't have: the experiment is resolved with it, and what is then wrong with the key is reported here.
    ///
    /// Where the sweep also chooses the `kind` of the table, the value must be valid with each, unless `when` says with which.
    fn candidate(&mut self, at: &Key, key: &Key, value: &Value, when: &[Condition], kinds: &[(Key, Value)]) {
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
    fn say_once(&mut self, before: usize) {
        let mut said = std::collections::HashSet::new();
        let new = self.problems.split_off(before);
        self.problems
            .extend(new.into_iter().filter(|problem| said.insert((problem.title.clone(), problem.label.clone()))));
    }

    fn zip(&mut self, field: Field<Pairings>) -> Option<Vec<Zip>> {
        let at = Key::dotted("sweep.zip");
        let Some(Pairings(tables)) = self.optional(&at, field)? else { return Some(Vec::new()) };
        let zips: Vec<Option<Zip>> =
            tables.iter().enumerate().map(|(index, table)| self.pairing(&at.join(index), table)).collect();
        zips.into_iter().collect()
    }

    fn pairing(&mut self, at: &Key, table: &Table) -> Option<Zip> {
        let before = self.problems.len();
        let mut columns: Vec<(String, Vec<Value>)> = Vec::new();
        for (name, value) in table {
            let key = at.join(name);
            self.varied(&key, name, value);
            let Value::Array(values) = value else {
                self.fault(&key, Fault::expected("an array of values", value));
                continue;
            };
            if let Some((first, others)) = columns.first().filter(|(_, others)| others.len() != values.len()) {
                let title = format!("`{first}` and `{name}` are paired, but differ in length");
                let problem = Problem::invalid(self.value(&key), title).about(&key);
                let problem = problem.label(format!("{} values", values.len()));
                self.problems.push(problem.with(self.value(&at.join(first)), format!("{} values", others.len())));
            }
            columns.push((name.clone(), values.clone()));
        }
        if columns.iter().all(|(_, values)| values.is_empty()) && self.problems.len() == before {
            self.fault(at, Fault::new("expected keys, each with an array of values"));
        }
        (self.problems.len() == before).then_some(Zip { columns })
    }

    fn candidates_of_zip(&mut self, zip: &[Zip], kinds: &[(Key, Value)]) {
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

    fn keys_vary_once(&mut self, space: &[Axis], zip: &[Zip]) {
        let mut seen: Vec<(&str, Key)> = space
            .iter()
            .map(|axis| axis.key.as_str())
            .map(|name| (name, Key::dotted("sweep.space").join(name)))
            .collect();
        for (index, zip) in zip.iter().enumerate() {
            for (name, _) in &zip.columns {
                let at = Key::dotted("sweep.zip").join(index).join(name);
                if let Some((_, first)) = seen.iter().find(|(other, _)| other == name) {
                    let problem = Problem::invalid(self.key(&at), format!("`{name}` varies twice")).about(&at);
                    let problem = problem.label("again here").with(self.key(first), "it varies here");
                    self.problems.push(problem);
                }
                seen.push((name, at));
            }
        }
    }

    fn exclude(
        &mut self,
        field: Field<Pairings>,
        space: Option<&[Axis]>,
        zip: Option<&[Zip]>,
    ) -> Option<Vec<Exclusion>> {
        let at = Key::dotted("sweep.exclude");
        let Some(Pairings(tables)) = self.optional(&at, field)? else { return Some(Vec::new()) };
        let (space, zip) = (space?, zip?);
        let before = self.problems.len();
        for (index, table) in tables.iter().enumerate() {
            if table.is_empty() {
                self.fault(&at.join(index), Fault::new("this would exclude every point"));
            }
            for (name, value) in table {
                self.excluded(&at.join(index).join(name), name, value, space, zip);
            }
        }
        let exclusions = tables.into_iter().map(|table| Exclusion { pairs: table.into_iter().collect() });
        (self.problems.len() == before).then(|| exclusions.collect())
    }

    fn excluded(&mut self, at: &Key, name: &str, value: &Value, space: &[Axis], zip: &[Zip]) {
        let columns = zip.iter().flat_map(|zip| &zip.columns);
        let columns = columns.map(|(name, values)| (name.as_str(), Domain::Choice(values.clone())));
        let axes: Vec<(&str, Domain)> =
            space.iter().map(|axis| (axis.key.as_str(), axis.domain.clone())).chain(columns).collect();
        match axes.iter().find(|(key, _)| *key == name) {
            None => {
                let keys: Vec<&str> = axes.iter().map(|(key, _)| *key).collect();
                let problem = Problem::invalid(self.key(at), format!("`{name}` doesn't vary in this sweep")).about(at);
                self.problems.push(match suggest::nearest(name, keys.iter().copied()) {
                    Some(near) => problem.label(format!("did you mean `{near}`?")),
                    None => {
                        problem.label("expected a key that varies").help(format!("these do: `{}`", keys.join("`, `")))
                    }
                });
            }
            Some((_, domain)) if !domain.contains(value) => {
                let label = format!("{} is none of the values that `{name}` has", describe(value));
                self.fault(at, Fault::new(label));
            }
            Some(_) => {}
        }
    }

    fn pruner(&mut self, raw: raw::Pruner) -> Option<Pruner> {
        let at = Key::dotted("sweep.pruner");
        let kind = self.required(at.join("kind"), raw.kind);
        let word = kind.map(PrunerKind::word);
        let min_epochs = self.of_kind(word, &at.join("min_epochs"), raw.min_epochs);
        let reduction = self.of_kind(word, &at.join("reduction"), raw.reduction);
        let warmup_epochs = self.of_kind(word, &at.join("warmup_epochs"), raw.warmup_epochs);
        let startup_trials = self.of_kind(word, &at.join("startup_trials"), raw.startup_trials);
        Some(match kind? {
            PrunerKind::Asha => Pruner::Asha { min_epochs: min_epochs?, reduction: reduction? },
            PrunerKind::Median => Pruner::Median { warmup_epochs: warmup_epochs?, startup_trials: startup_trials? },
        })
    }
}

/// The values that stand for a domain: all of a choice, the two ends of a range.
fn candidates(domain: &Domain) -> Vec<Value> {
    match domain {
        Domain::Choice(values) => values.clone(),
        Domain::Uniform(low, high) | Domain::LogUniform(low, high) => vec![Value::Float(*low), Value::Float(*high)],
        Domain::IntUniform(low, high) => vec![Value::Integer(*low), Value::Integer(*high)],
    }
}

/// The keys that were perhaps meant: a similar one in the same table, the same one in other tables, a similar one anywhere below the table.
fn meant(key: &Key) -> Vec<String> {
    let table = key.parent().unwrap_or_default();
    let here = keys_of(&table);
    if let Some(name) = suggest::nearest(key.name(), here.iter().map(|key| key.name())) {
        return vec![table.join(name).to_string()];
    }
    let all = manual().order().iter().filter(|other| !FIXED.contains(&other.parts()[0].as_str()));
    let (same, others): (Vec<&Key>, Vec<&Key>) = all.partition(|other| other.name() == key.name());
    if !same.is_empty() {
        return same.into_iter().map(Key::to_string).collect();
    }
    let below: Vec<&Key> = others.into_iter().filter(|other| other.is_within(&table)).collect();
    let near = suggest::nearest(key.name(), below.iter().map(|key| key.name()));
    below.iter().filter(|other| Some(other.name()) == near).map(|key| key.to_string()).collect()
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
fn kinds(space: &Field<Space>, zip: &[Zip]) -> Vec<(Key, Value)> {
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
fn faults(
    context: &std::sync::Arc<Context>,
    folder: &std::path::Path,
    key: &Key,
    value: &Value,
    beside: &[(Key, Value)],
) -> Vec<Problem> {
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
