//! A TOML file as a layer: values, and the bytes of each key and value. All syntax errors of the file are found, not only the first.

use std::ops::Range;
use std::sync::Arc;

use toml::Value;
use toml::de::{DeTable, DeValue};

use super::key::Key;
use super::layer::Layer;
use super::origin::{Origin, SourceFile};
use super::problem::{Place, Problem};

/// Parses a file; what is well-formed is in the layer even where other parts are not. Also returns where the first syntax error is: what
/// stands behind it may have been read in a wrong way.
pub fn parse(file: &Arc<SourceFile>, problems: &mut Vec<Problem>) -> (Layer, Option<usize>) {
    let (document, errors) = DeTable::parse_recoverable(&file.text);
    let errors = first_of_each_line(file, &errors);
    problems.extend(errors.iter().map(|(span, message)| syntax(file, span.clone(), message)));
    let mut walk = Walk { file, layer: Layer::default(), problems };
    let table = walk.table(&Key::default(), document.get_ref());
    let mut layer = walk.layer;
    layer.table = table;
    (layer, errors.first().map(|(span, _)| span.start))
}

/// The first error of each line, with its bytes; those that follow on the same line mostly follow from it.
fn first_of_each_line<'a>(file: &SourceFile, errors: &'a [toml::de::Error]) -> Vec<(Range<usize>, &'a str)> {
    let end = file.text.len();
    let inside = |span: Range<usize>| span.start.min(end)..span.end.min(end);
    let found = errors.iter().map(|error| (inside(error.span().unwrap_or(0..0)), error.message()));
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(span, _)| span.start);
    let line_ends_between = |from: usize, to: usize| file.text.as_bytes()[from..to].contains(&b'\n');
    found.dedup_by(|(later, _), (earlier, _)| !line_ends_between(earlier.start, later.start));
    found
}

fn syntax(file: &Arc<SourceFile>, span: Range<usize>, message: &str) -> Problem {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or("not TOML");
    let word = file.text[span.clone()].trim().to_owned();
    let problem = Problem::invalid(Place::Span { file: file.clone(), span }, "this is not valid TOML");
    if !first.starts_with("string values must be quoted") {
        return lines.fold(problem.label(first), |problem, line| problem.help(line));
    }
    match word.as_str() {
        "" => problem.label("expected a value"),
        word => problem.label("text stands in quotes").help(format!("write `\"{word}\"`")),
    }
}

struct Walk<'a> {
    file: &'a Arc<SourceFile>,
    layer: Layer,
    problems: &'a mut Vec<Problem>,
}

impl Walk<'_> {
    fn table(&mut self, at: &Key, table: &DeTable<'_>) -> toml::Table {
        let mut out = toml::Table::new();
        for (name, value) in table {
            let key = at.join(name.get_ref());
            self.note(&key, name.span(), value.span());
            if let Some(value) = self.value(&key, value.get_ref(), value.span()) {
                out.insert(name.get_ref().to_string(), value);
            }
        }
        out
    }

    fn value(&mut self, key: &Key, value: &DeValue<'_>, span: Range<usize>) -> Option<Value> {
        match value {
            DeValue::String(text) => Some(Value::String(text.to_string())),
            DeValue::Boolean(flag) => Some(Value::Boolean(*flag)),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Some(Value::Integer(number)),
                Err(_) => self.refuse(key, span, "this number is too large"),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Some(Value::Float(number)),
                Err(_) => self.refuse(key, span, "this is no number"),
            },
            DeValue::Datetime(_) => self.refuse(key, span, "no setting is a date"),
            DeValue::Table(table) => Some(Value::Table(self.table(key, table))),
            DeValue::Array(items) => {
                let mut out = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let key = key.join(index);
                    self.note(&key, item.span(), item.span());
                    out.extend(self.value(&key, item.get_ref(), item.span()));
                }
                Some(Value::Array(out))
            }
        }
    }

    fn note(&mut self, at: &Key, key: Range<usize>, value: Range<usize>) {
        self.layer.origins.insert(at.clone(), Origin::File { file: self.file.clone(), key, value });
    }

    fn refuse(&mut self, key: &Key, span: Range<usize>, label: &str) -> Option<Value> {
        let place = Place::Span { file: self.file.clone(), span };
        self.problems.push(Problem::invalid(place, format!("invalid value for `{key}`")).about(key).label(label));
        None
    }
}
