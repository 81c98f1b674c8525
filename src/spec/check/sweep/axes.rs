//! `[sweep.space]`: the keys that vary alone.

use toml::{Table, Value};

use super::FIXED;
use super::candidate::candidates;
use crate::spec::assignments::dotted;
use crate::spec::check::{Checker, domain};
use crate::spec::key::Key;
use crate::spec::manual::manual;
use crate::spec::model::{Axis, Condition};
use crate::spec::problem::Problem;
use crate::spec::raw::{Field, Space};
use crate::spec::shape::keys_of;
use crate::spec::suggest;

impl Checker<'_> {
    pub(super) fn space(&mut self, field: Field<Space>, kinds: &[(Key, Value)]) -> Option<Vec<Axis>> {
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
    pub(super) fn varied(&mut self, at: &Key, name: &str, value: &Value) -> Option<Key> {
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
