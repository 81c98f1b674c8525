//! `when` of an axis: conditions that can hold, and that do not go round in a circle.

use toml::Value;

use super::reach::{Reach, reaches};
use crate::spec::assignments::dotted;
use crate::spec::check::Checker;
use crate::spec::key::Key;
use crate::spec::knob::{Fault, describe, written};
use crate::spec::knobs::Strategy;
use crate::spec::layer::Layer;
use crate::spec::load;
use crate::spec::model::{Axis, Condition, Zip, same};
use crate::spec::origin::Origin;
use crate::spec::problem::Problem;
use crate::spec::sweep::value_at;

impl Checker<'_> {
    /// Reports conditions that hold in no point.
    pub(super) fn conditions(&mut self, space: &[Axis], zip: &[Zip], strategy: Option<Strategy>) {
        let (Some(strategy), true) = (strategy, space.iter().any(|axis| !axis.when.is_empty())) else { return };
        let reaches = reaches(space, zip, strategy);
        let settings = self.settings();
        for axis in space {
            let at = Key::dotted("sweep.space").join(&axis.key).join("when");
            if depends_on(space, &axis.when, &axis.key) {
                let problem = Problem::invalid(self.key(&at), format!("`{}` depends on itself", axis.key)).about(&at);
                self.problems.push(problem.label("the conditions go round in a circle"));
                continue;
            }
            for condition in &axis.when {
                let usual = settings.iter().find(|(key, _)| *key == condition.key).map(|(_, value)| value);
                if let Some(fault) = fault(condition, (space, &reaches), usual) {
                    self.fault(&at.join(&condition.key), fault);
                }
            }
        }
    }

    /// The settings of the experiment itself; none where something is wrong with it, which is reported elsewhere.
    fn settings(&self) -> Vec<(String, Value)> {
        let mut alone = Layer::default();
        let origin = Origin::Point { pair: "sweep = false".to_owned(), folder: self.context.cwd.clone() };
        alone.set(&Key::dotted("sweep"), Value::Boolean(false), origin);
        let experiment = load::resolve(self.context, Some(alone), &mut Vec::new());
        let settings = experiment.map(|experiment| experiment.listed(&|path| path.display().to_string()));
        settings.into_iter().flatten().map(|setting| (setting.key, setting.value)).collect()
    }
}

/// Why a condition never holds; nothing if it may.
fn fault(condition: &Condition, (space, reaches): (&[Axis], &[(&str, Reach)]), usual: Option<&Value>) -> Option<Fault> {
    let Condition { key, value } = condition;
    // Where its own conditions don't hold, a key is as the file says, and so is what a table that varies doesn't name.
    let as_usual = usual.is_some_and(|usual| same(usual, value));
    if let Some((_, reach)) = reaches.iter().find(|(name, _)| name == key) {
        let always = space.iter().all(|axis| axis.key != *key || axis.when.is_empty());
        return reach.fault(key, value).filter(|_| always || !as_usual);
    }
    if let Some((table, values)) = around(reaches, key) {
        let own = values.iter().filter_map(|own| value_at(&[(table.to_owned(), own.clone())], key).cloned());
        return Reach::Values(own.collect()).fault(key, value).filter(|_| !as_usual);
    }
    (!as_usual).then(|| match usual {
        Some(usual) => Fault::new(format!("`{key}` doesn't vary in this sweep, and is {}", describe(usual)))
            .hint(format!("vary it: `\"{key}\" = [{}, {}]`", written(usual), written(value))),
        None => Fault::new(format!("`{key}` doesn't vary in this sweep, and the experiment has no such setting")),
    })
}

/// The key that varies and that a key lies within, with its values.
fn around<'a>(reaches: &'a [(&str, Reach)], key: &str) -> Option<(&'a str, &'a [Value])> {
    let key = dotted(key)?;
    reaches.iter().find_map(|(name, reach)| match reach {
        Reach::Values(values) if dotted(name).is_some_and(|table| key.is_within(&table)) => {
            Some((*name, values.as_slice()))
        }
        Reach::Values(_) | Reach::Whole(..) | Reach::Reals => None,
    })
}

/// Whether conditions, or those of the axes that they name, name a key.
fn depends_on(space: &[Axis], when: &[Condition], key: &str) -> bool {
    let mut open: Vec<&str> = when.iter().map(|condition| condition.key.as_str()).collect();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(name) = open.pop() {
        if name == key {
            return true;
        }
        if !seen.contains(&name) {
            seen.push(name);
            let axis = space.iter().find(|axis| axis.key == name);
            open.extend(axis.into_iter().flat_map(|axis| axis.when.iter().map(|condition| condition.key.as_str())));
        }
    }
    false
}
