//! What an axis of `[sweep.space]` may be: the forms in which a range or a list of values is written.

use toml::{Table, Value};

use crate::spec::knob::{Fault, Knob, describe, one_of, written};
use crate::spec::knobs::Steps;
use crate::spec::model::Domain;
use crate::spec::suggest;

const FORMS: [&str; 4] = ["choice", "uniform", "log_uniform", "int_uniform"];
const BESIDE: [&str; 2] = ["when", "steps"];

/// An axis as written, without its key.
pub struct Written {
    /// What the key may be.
    pub domain: Domain,
    /// How many values of a range a grid takes.
    pub steps: Steps,
    /// Conditions on other keys.
    pub when: Table,
    /// Where in the value the candidates stand: the name of the form, or nothing for a bare array.
    pub form: Option<&'static str>,
}

/// Reads an axis.
pub fn read(value: &Value) -> Result<Written, Fault> {
    match value {
        Value::Array(values) => {
            Ok(Written { domain: choice(values)?, steps: Steps::default(), when: Table::new(), form: None })
        }
        Value::Table(table) => in_table(table),
        _ => {
            Err(Fault::expected("an array of values, or a range", value).hint(format!("write `[{}]`", written(value))))
        }
    }
}

fn in_table(table: &Table) -> Result<Written, Fault> {
    let known = || FORMS.into_iter().chain(BESIDE);
    if let Some(name) = table.keys().find(|name| known().all(|known| known != *name)) {
        let fault = Fault::new(format!("expected {}", one_of(&FORMS))).inside(name);
        return Err(match suggest::nearest(name, known()) {
            Some(known) => fault.hint(format!("did you mean `{known}`?")),
            None => fault,
        });
    }
    let forms: Vec<&'static str> = FORMS.into_iter().filter(|form| table.contains_key(*form)).collect();
    let [form] = forms.as_slice() else {
        return Err(Fault::new(format!("expected one of {}, found {}", one_of(&FORMS), forms.len())));
    };
    let domain = domain(form, &table[*form]).map_err(|fault| fault.inside(form))?;
    let steps = table.get("steps").map_or(Ok(Steps::default()), Steps::read).map_err(|fault| fault.inside("steps"))?;
    let when = match table.get("when") {
        None => Table::new(),
        Some(Value::Table(when)) => when.clone(),
        Some(other) => {
            let fault = Fault::expected("a table of keys and values", other).inside("when");
            return Err(fault.hint("for example `when = { \"top.optimizer.kind\" = \"sgd\" }`"));
        }
    };
    Ok(Written { domain, steps, when, form: Some(form) })
}

fn domain(form: &str, value: &Value) -> Result<Domain, Fault> {
    let ends = || -> Result<[&Value; 2], Fault> {
        let ends = value.as_array().and_then(|ends| <&[Value; 2]>::try_from(ends.as_slice()).ok());
        ends.map(|[low, high]| [low, high]).ok_or_else(|| Fault::expected("two numbers, `[low, high]`", value))
    };
    match form {
        "choice" => match value {
            Value::Array(values) => choice(values),
            _ => Err(Fault::expected("an array of values", value).hint(format!("write `[{}]`", written(value)))),
        },
        "uniform" => reals(ends()?).and_then(ordered).map(|[low, high]| Domain::Uniform(low, high)),
        "log_uniform" => {
            let [low, high] = reals(ends()?)?;
            if low <= 0.0 {
                let fault = Fault::new(format!("expected a number above 0, found `{low}`")).inside(0);
                return Err(fault.hint("a logarithmic scale doesn't reach 0"));
            }
            ordered([low, high]).map(|[low, high]| Domain::LogUniform(low, high))
        }
        _ => {
            let [low, high] = wholes(ends()?)?;
            ordered([low, high]).map(|[low, high]| Domain::IntUniform(low, high))
        }
    }
}

fn choice(values: &[Value]) -> Result<Domain, Fault> {
    if values.is_empty() {
        return Err(Fault::new("expected one value or more, found none"));
    }
    let repeated = values.iter().enumerate().find(|(index, value)| values[..*index].contains(value));
    match repeated {
        Some((index, value)) => Err(Fault::new(format!("{} is listed twice", describe(value))).inside(index)),
        None => Ok(Domain::Choice(values.to_vec())),
    }
}

fn reals(ends: [&Value; 2]) -> Result<[f64; 2], Fault> {
    let real = |index: usize| {
        let value = ends[index];
        let number = value.as_float().or(value.as_integer().map(|number| number as f64));
        number.filter(|number| number.is_finite()).ok_or_else(|| Fault::expected("a number", value).inside(index))
    };
    Ok([real(0)?, real(1)?])
}

fn wholes(ends: [&Value; 2]) -> Result<[i64; 2], Fault> {
    let whole = |index: usize| {
        ends[index].as_integer().ok_or_else(|| Fault::expected("a whole number", ends[index]).inside(index))
    };
    Ok([whole(0)?, whole(1)?])
}

fn ordered<T: PartialOrd + std::fmt::Display>([low, high]: [T; 2]) -> Result<[T; 2], Fault> {
    match low < high {
        true => Ok([low, high]),
        false => Err(Fault::new(format!("the lower end, {low}, is not below the upper end, {high}"))),
    }
}
