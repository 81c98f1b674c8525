//! Which values a key comes to in a sweep: what an exclusion and a condition can name.

use toml::Value;

use crate::spec::knob::{Fault, describe, written};
use crate::spec::knobs::Strategy;
use crate::spec::model::{Axis, Domain, Zip, same};
use crate::spec::suggest;
use crate::spec::sweep::grid_values;

/// So many values of a key are listed where one of them was meant.
const LISTED: usize = 12;

/// The values that a key comes to.
pub(super) enum Reach {
    /// These alone.
    Values(Vec<Value>),
    /// Every whole number from the first to the last.
    Whole(i64, i64),
    /// Reals that chance draws: none of them is likelier than any other.
    Reals,
}

impl Reach {
    fn of(axis: &Axis, strategy: Strategy) -> Self {
        match (&axis.domain, strategy) {
            (Domain::Choice(values), _) => Self::Values(values.clone()),
            (Domain::Uniform(..) | Domain::LogUniform(..) | Domain::IntUniform(..), Strategy::Grid) => {
                Self::Values(grid_values(axis))
            }
            (Domain::IntUniform(low, high), Strategy::Random | Strategy::Tpe) => Self::Whole(*low, *high),
            (Domain::Uniform(..) | Domain::LogUniform(..), Strategy::Random | Strategy::Tpe) => Self::Reals,
        }
    }

    /// Why the key never has a value; nothing if it may.
    pub fn fault(&self, name: &str, value: &Value) -> Option<Fault> {
        let is_in = |low: &i64, high: &i64| value.as_integer().is_some_and(|number| (*low..=*high).contains(&number));
        match self {
            Self::Values(values) if values.iter().any(|own| same(own, value)) => None,
            Self::Whole(low, high) if is_in(low, high) => None,
            Self::Values(values) => {
                let fault = Fault::new(format!("{} is none of the values that `{name}` has", describe(value)));
                Some(meant(values, value).into_iter().fold(fault, Fault::hint))
            }
            Self::Whole(low, high) => {
                Some(Fault::new(format!("{} is no whole number from {low} to {high}", describe(value))))
            }
            Self::Reals => {
                let fault = Fault::new(format!("`{name}` is drawn from a range, and will never be just this"));
                Some(fault.hint(format!("give `{name}` the values that it may have: `{{ choice = [...] }}`")))
            }
        }
    }
}

/// Advice on a value that is none of these.
fn meant(values: &[Value], value: &Value) -> Option<String> {
    let words = values.iter().filter_map(Value::as_str);
    let near = value.as_str().and_then(|word| suggest::nearest(word, words));
    match near {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if values.len() <= LISTED => {
            let list: Vec<String> = values.iter().map(|value| format!("`{}`", written(value))).collect();
            Some(format!("it has {}", list.join(", ")))
        }
        None => None,
    }
}

/// What every key that varies comes to: those of the space, then those of the zips.
pub(super) fn reaches<'a>(space: &'a [Axis], zip: &'a [Zip], strategy: Strategy) -> Vec<(&'a str, Reach)> {
    let axes = space.iter().map(|axis| (axis.key.as_str(), Reach::of(axis, strategy)));
    let columns = zip.iter().flat_map(|zip| &zip.columns);
    axes.chain(columns.map(|(name, values)| (name.as_str(), Reach::Values(values.clone())))).collect()
}
