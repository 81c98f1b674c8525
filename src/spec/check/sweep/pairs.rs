//! `[[sweep.zip]]`, `[[sweep.exclude]]`: keys that vary together, and points left out.

use toml::{Table, Value};

use super::reach::{Reach, reaches};
use crate::spec::check::Checker;
use crate::spec::key::Key;
use crate::spec::knob::Fault;
use crate::spec::knobs::Strategy;
use crate::spec::model::{Axis, Exclusion, Zip};
use crate::spec::problem::Problem;
use crate::spec::raw::{Field, Pairings};
use crate::spec::suggest;

impl Checker<'_> {
    pub(super) fn zip(&mut self, field: Field<Pairings>) -> Option<Vec<Zip>> {
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

    pub(super) fn exclude(
        &mut self,
        field: Field<Pairings>,
        (space, zip): (Option<&[Axis]>, Option<&[Zip]>),
        strategy: Option<Strategy>,
    ) -> Option<Vec<Exclusion>> {
        let at = Key::dotted("sweep.exclude");
        let Some(Pairings(tables)) = self.optional(&at, field)? else { return Some(Vec::new()) };
        let reaches = reaches(space?, zip?, strategy?);
        let before = self.problems.len();
        for (index, table) in tables.iter().enumerate() {
            if table.is_empty() {
                self.fault(&at.join(index), Fault::new("this would exclude every point"));
            }
            for (name, value) in table {
                self.excluded(&at.join(index).join(name), (name, value), &reaches);
            }
        }
        let exclusions = tables.into_iter().map(|table| Exclusion { pairs: table.into_iter().collect() });
        (self.problems.len() == before).then(|| exclusions.collect())
    }

    fn excluded(&mut self, at: &Key, (name, value): (&str, &Value), reaches: &[(&str, Reach)]) {
        let Some((_, reach)) = reaches.iter().find(|(key, _)| *key == name) else {
            let keys: Vec<&str> = reaches.iter().map(|(key, _)| *key).collect();
            let problem = Problem::invalid(self.key(at), format!("`{name}` doesn't vary in this sweep")).about(at);
            self.problems.push(match suggest::nearest(name, keys.iter().copied()) {
                Some(near) => problem.label(format!("did you mean `{near}`?")),
                None => problem.label("expected a key that varies").help(format!("these do: `{}`", keys.join("`, `"))),
            });
            return;
        };
        if let Some(fault) = reach.fault(name, value) {
            self.fault(at, fault);
        }
    }
}
