//! From a run directory to a [`RunView`]: the only place here that knows the files of a run.
//!
//! Only `spec.toml` must be there; a run that has just begun has nothing else. `summary.json` is read with a loose hand:
//! what it says beyond what is shown by name becomes a fact, so that nothing it knows is hidden.

use std::path::Path;

use serde_json::Value;

use crate::clock::Moment;

use super::error::{ReportError, ReportProblem};
use super::reading::{Fields, json, required, rows};
use super::{Cell, Column, Epoch, Fact, Outcome, Prediction, RunView, Settings, Skipped, StageView, Template};

/// Members of `summary.json` that are shown in places of their own, or are a repetition of other files.
const SHOWN: [&str; 9] = ["stages", "classes", "skipped", "seconds", "template", "origins", "state", "id", "name"];

impl RunView {
    /// Reads a run directory.
    pub fn load(dir: &Path) -> Result<Self, ReportError> {
        let (name, id) = names(dir);
        let spec = required(dir, "spec.toml")?;
        let settings = Settings::parse(&spec).map_err(|error| ReportError {
            path: dir.join("spec.toml"),
            problem: ReportProblem::Toml(Box::new(error)),
        })?;
        let mut run = Self { name, id, spec, settings, ..Self::default() };
        run.metrics = rows(dir, "metrics.csv", epoch)?;
        run.predictions = rows(dir, "predictions.csv", prediction)?;
        let status = json(dir, "status.json")?;
        run.state = text_at(&status, "state").unwrap_or_else(|| "unknown".to_owned());
        run.message = text_at(&status, "message");
        let summary = json(dir, "summary.json")?;
        run.add_summary(&summary);
        run.command = format!("frostline run runs/{}/{}/spec.toml", run.name, run.id);
        Ok(run)
    }

    fn add_summary(&mut self, summary: &Value) {
        self.started = summary.get("started").and_then(instant);
        self.classes =
            list(summary.get("classes")).iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        self.stages = list(summary.get("stages")).iter().map(stage).collect();
        self.skipped = list(summary.get("skipped")).iter().map(skipped).collect();
        let origins = summary.get("origins").and_then(Value::as_object).into_iter().flatten();
        self.origins = origins.filter_map(|(key, who)| Some((key.clone(), who.as_str()?.to_owned()))).collect();
        self.template = summary
            .get("template")
            .filter(|template| template.is_object())
            .map(|template| self.template_from(template));
        for (key, value) in summary.as_object().into_iter().flatten().filter(|(key, _)| !SHOWN.contains(&key.as_str()))
        {
            add_facts(&mut self.facts, &spoken(key), value);
        }
    }

    /// `{name, differs: {key: [template's value or null, run's value]}}`: the run's settings with the template's values.
    fn template_from(&self, template: &Value) -> Template {
        let mut base = self.settings.clone();
        for (key, pair) in template.get("differs").and_then(Value::as_object).into_iter().flatten() {
            match pair.get(0).and_then(scalar) {
                Some(value) => base.insert(key, value),
                None => base.remove(key),
            }
        }
        Template { name: text_at(template, "name").unwrap_or_default(), settings: base }
    }
}

/// `<name>/<id>` from the end of the path.
fn names(dir: &Path) -> (String, String) {
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let part = |path: Option<&Path>| path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    (part(whole.parent()), part(Some(&whole)))
}

fn epoch(fields: &Fields) -> Result<Epoch, ReportProblem> {
    let mut row = Epoch { stage: fields.get("stage")?.to_owned(), ..Epoch::default() };
    row.epoch = fields.get("epoch")?.parse().unwrap_or_default();
    for column in Column::ALL {
        row.cells[column as usize] = Cell::new(fields.get(column.name())?);
    }
    Ok(row)
}

fn prediction(fields: &Fields) -> Result<Prediction, ReportProblem> {
    Ok(Prediction {
        path: fields.get("path")?.to_owned(),
        label: fields.get("label")?.to_owned(),
        predicted: fields.get("predicted")?.to_owned(),
        probability: fields.get("probability")?.parse().unwrap_or_default(),
    })
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text_at(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Seconds since 1970, from an RFC 3339 text.
fn instant(value: &Value) -> Option<f64> {
    serde_json::from_value::<Moment>(value.clone()).ok().map(Moment::seconds)
}

fn stage(value: &Value) -> StageView {
    let outcome = match text_at(value, "origin").as_deref() {
        Some("cached") => Outcome::Cached,
        Some("continued") => Outcome::Partly,
        _ => Outcome::Computed,
    };
    let early = text_at(value, "ended_early").map(|why| format!("ended early: {why}"));
    let why = [text_at(value, "why"), shares(value), early];
    StageView {
        name: text_at(value, "stage").unwrap_or_default(),
        outcome,
        why: why.into_iter().flatten().collect::<Vec<_>>().join("; "),
        seconds: value.get("seconds").and_then(Value::as_f64),
    }
}

/// How much of a stage was found and how much was done, where it was some of each.
fn shares(value: &Value) -> Option<String> {
    let [reused, computed] = ["reused", "computed"].map(|key| value.get(key).and_then(Value::as_u64).unwrap_or(0));
    let unit = if text_at(value, "stage").as_deref() == Some("bottleneck") { "images" } else { "epochs" };
    (reused > 0 && computed > 0).then(|| format!("{reused} of {} {unit} were stored", reused + computed))
}

fn skipped(value: &Value) -> Skipped {
    Skipped { path: text_at(value, "path").unwrap_or_default(), reason: text_at(value, "why").unwrap_or_default() }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => Some(value.to_string()),
    }
}

/// A key as words: `git_commit` -> `git commit`.
fn spoken(key: &str) -> String {
    key.replace('_', " ")
}

fn add_facts(facts: &mut Vec<Fact>, label: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| add_facts(facts, &format!("{label}: {}", spoken(key)), value))
        }
        Value::Null => {}
        Value::String(_) | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            facts.extend(scalar(value).map(|value| Fact { label: label.to_owned(), value }));
        }
    }
}
