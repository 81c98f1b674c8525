//! From the shape to the model: each value's range, and what two settings must not be together. Reports everything, stops at nothing.

mod data;
mod domain;
mod stages;
mod sweep;
mod training;

use super::context::Context;
use super::key::Key;
use super::knob::{Fault, Knob, written};
use super::manual::{kinded, manual};
use super::model::Experiment;
use super::origin::Provenance;
use super::problem::{Place, Problem};
use super::raw::{self, Field};

/// The model of an experiment, if nothing is wrong with it; what is, is added to `problems`.
pub fn check(
    raw: raw::Experiment,
    context: &std::sync::Arc<Context>,
    provenance: Provenance,
    problems: &mut Vec<Problem>,
) -> Option<Experiment> {
    let mut checker = Checker { context, provenance: &provenance, problems };
    checker.extends(&raw.extends);
    let name = checker.name(raw.name);
    let seed = checker.required(Key::dotted("seed"), raw.seed);
    let device = checker.required(Key::dotted("device"), raw.device);
    let tags = checker.required(Key::dotted("tags"), raw.tags);
    let data = checker.data(raw.data);
    let weights = checker.weights(raw.weights);
    let bottleneck = checker.bottleneck(raw.bottleneck);
    let top = checker.top(raw.top);
    let fine_tune = checker.section(raw.fine_tune, Checker::fine_tune);
    let sweep = checker.section(raw.sweep, Checker::sweep);
    Some(Experiment {
        name: name?,
        seed: seed?,
        device: device?,
        tags: tags?,
        data: data?,
        weights: weights?,
        bottleneck: bottleneck?,
        top: top?,
        fine_tune: fine_tune?,
        sweep: sweep?,
        project_root: context.project_root.clone(),
        source_files: context.files.clone(),
        provenance,
        context: context.clone(),
    })
}

/// Collects problems while it turns raw settings into checked ones.
struct Checker<'a> {
    context: &'a std::sync::Arc<Context>,
    provenance: &'a Provenance,
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    /// A setting that must be there: one that nobody set and that has no default is a problem.
    fn required<T: Knob>(&mut self, key: Key, field: Field<T>) -> Option<T> {
        match self.optional(&key, field)? {
            Some(value) => Some(value),
            None => {
                self.missing(&key);
                None
            }
        }
    }

    /// A setting that may be absent; the outer `None` means that it is there and at fault.
    fn optional<T: Knob>(&mut self, key: &Key, field: Field<T>) -> Option<Option<T>> {
        match field.0 {
            None => Some(None),
            Some(Ok(value)) => Some(Some(value)),
            Some(Err(fault)) => {
                self.fault(key, fault);
                None
            }
        }
    }

    /// A table that may be absent; the outer `None` means that it is there and at fault.
    fn section<R, T>(&mut self, raw: Option<R>, check: impl FnOnce(&mut Self, R) -> Option<T>) -> Option<Option<T>> {
        match raw {
            None => Some(None),
            Some(raw) => check(self, raw).map(Some),
        }
    }

    /// Reports a fault. Defaults have none, but for those that are as in `[top]`: they are reported there.
    fn fault(&mut self, key: &Key, fault: Fault) {
        let place = self.value(&key.within(&fault.at));
        if place == Place::Defaults {
            return;
        }
        let problem = Problem::invalid(place, format!("invalid value for `{key}`"));
        let problem = problem.about(key).label(fault.label);
        self.problems.push(fault.hint.into_iter().fold(problem, Problem::help));
    }

    fn missing(&mut self, key: &Key) {
        let example = manual().example(key).map(|value| format!("for example `{} = {}`", key.name(), written(value)));
        let problem = Problem::invalid(self.table(key), format!("`{key}` is missing")).about(key);
        let problem = problem.label(format!("expected `{}` here", key.name()));
        self.problems.push(example.into_iter().fold(problem, Problem::help));
    }

    /// A setting of a table with a `kind`: at fault where the kind doesn't have it, missing only where it has.
    fn of_kind<T: Knob>(&mut self, kind: Option<&str>, key: &Key, field: Field<T>) -> Option<T> {
        let table = key.parent().unwrap_or_default();
        let (_, family) = kinded(&table)?;
        let Some(kind) = kind else { return self.optional(key, field).flatten() };
        let has = manual().keys_of_kind(family, kind).iter().any(|name| name == key.name());
        match (has, field.0.is_some()) {
            (true, _) => self.required(key.clone(), field),
            (false, true) => {
                self.foreign(family, kind, key);
                None
            }
            (false, false) => None,
        }
    }

    fn foreign(&mut self, family: &str, kind: &str, key: &Key) {
        let owners = manual().kinds_with(family, key.name()).join("`, `");
        let keys = manual().keys_of_kind(family, kind);
        let has = match keys.as_slice() {
            [] => format!("`{kind}` has no other keys"),
            keys => format!("`{kind}` has `{}`", keys.join("`, `")),
        };
        let title = format!("`{}` is no setting of the {family} `{kind}`", key.name());
        let problem = Problem::invalid(self.key(key), title).about(key).label(format!("belongs to `{owners}`"));
        let kind_key = key.parent().unwrap_or_default().join("kind");
        let problem = match self.value(&kind_key) {
            place @ Place::Span { .. } => problem.with(place, "the kind is set here"),
            _ => problem,
        };
        self.problems.push(problem.help(has));
    }

    /// The place of a value, or of the nearest table around it.
    fn value(&self, key: &Key) -> Place {
        self.provenance.find(key).map_or_else(|| self.whole(), Place::value)
    }

    /// The place of a key.
    fn key(&self, key: &Key) -> Place {
        self.provenance.find(key).map_or_else(|| self.whole(), Place::key)
    }

    /// The place where a missing key should be: its table, or else the file.
    fn table(&self, key: &Key) -> Place {
        let table = key.parent().and_then(|table| self.provenance.get(&table));
        match table.map(Place::key) {
            Some(place @ Place::Span { .. }) => place,
            _ => self.whole(),
        }
    }

    fn whole(&self) -> Place {
        Place::File(self.context.shown(&self.context.file).into())
    }
}
