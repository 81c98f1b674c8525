//! One run in words and numbers, for terminals and for programs: what it came to, stage by stage, and its settings with who set them.

use serde_json::{Map, Value, json};

use super::{Column, Epoch, Objective, RunView, StageView};
use crate::runs::table::{Cell, Table};

/// Who set what nobody set.
const DEFAULT: &str = "default";

/// The stages in order: whether they ran, why, and what they reached.
pub fn stages_table(run: &RunView) -> Table {
    let head = ["stage", "outcome", "seconds", "epochs", "val_accuracy", "val_loss", "best_val_accuracy", "at_epoch"];
    let mut table = Table::new(head.into_iter().chain(["why"]));
    for stage in stages(run) {
        table.push(vec![
            Cell::Text(stage.view.name.clone()),
            Cell::text(stage.is_over.then(|| stage.view.outcome.word())),
            stage.view.seconds.map_or(Cell::None, |seconds| Cell::Number(seconds, 1)),
            Cell::Count(stage.rows.len() as u64),
            Cell::metric(stage.rows.last().and_then(|row| row.value(Column::ValAccuracy))),
            Cell::metric(stage.rows.last().and_then(|row| row.value(Column::ValLoss))),
            Cell::metric(stage.best().and_then(|row| row.value(Column::ValAccuracy))),
            stage.best().map_or(Cell::None, |row| Cell::Count(row.epoch.into())),
            Cell::text((!stage.view.why.is_empty()).then_some(stage.view.why.as_str())),
        ]);
    }
    table
}

/// Every setting with who set it.
pub fn settings_table(run: &RunView) -> Table {
    let mut table = Table::new(["setting", "value", "set_by"]);
    for (key, value) in run.settings.iter() {
        table.push(vec![Cell::Text(key.to_owned()), Cell::Text(value.to_owned()), Cell::text(set_by(run, key))]);
    }
    table
}

/// All of it in one table: what it is about (`run`, `stage`, `setting`), which, its value, and who set it.
pub fn flat_table(run: &RunView) -> Table {
    let mut table = Table::new(["about", "key", "value", "set_by"]);
    let mut push = |about: &str, key: &str, value: Cell, who: Option<&str>| {
        table.push(vec![Cell::Text(about.to_owned()), Cell::Text(key.to_owned()), value, Cell::text(who)]);
    };
    push("run", "name", Cell::Text(run.name.clone()), None);
    push("run", "id", Cell::Text(run.id.clone()), None);
    push("run", "state", Cell::Text(run.state.clone()), None);
    push("run", "message", Cell::text(run.message.clone()), None);
    run.facts.iter().for_each(|fact| push("run", &fact.label, Cell::Text(fact.value.clone()), None));
    for stage in stages(run) {
        let name = &stage.view.name;
        push("stage", &format!("{name}.outcome"), Cell::Text(stage.view.outcome.word().to_owned()), None);
        push("stage", &format!("{name}.why"), Cell::Text(stage.view.why.clone()), None);
        push("stage", &format!("{name}.seconds"), number(stage.view.seconds), None);
        for (prefix, row) in [("final_", stage.rows.last().copied()), ("best_", stage.best())] {
            for column in Column::ALL.into_iter().filter(|_| row.is_some()) {
                let key = format!("{name}.{prefix}{}", column.name());
                push("stage", &key, number(row.and_then(|row| row.value(column))), None);
            }
        }
    }
    run.settings.iter().for_each(|(key, value)| push("setting", key, Cell::Text(value.to_owned()), set_by(run, key)));
    table
}

/// All of it, and every epoch, as one object.
pub fn account_json(run: &RunView) -> String {
    let facts: Map<_, _> = run.facts.iter().map(|fact| (fact.label.clone(), json!(fact.value))).collect();
    let settings: Map<_, _> = run
        .settings
        .iter()
        .map(|(key, value)| (key.to_owned(), json!({ "value": value, "set_by": set_by(run, key) })))
        .collect();
    let skipped = run.skipped.iter().map(|file| json!({ "path": file.path, "why": file.reason }));
    let account = json!({
        "name": run.name,
        "id": run.id,
        "state": run.state,
        "message": run.message,
        "seconds": run.seconds(),
        "classes": run.classes,
        "command": run.command,
        "facts": facts,
        "stages": stages(run).iter().map(Stage::json).collect::<Vec<_>>(),
        "settings": settings,
        "skipped": skipped.collect::<Vec<_>>(),
        "metrics": run.metrics.iter().map(epoch).collect::<Vec<_>>(),
    });
    format!("{account:#}\n")
}

fn number(value: Option<f64>) -> Cell {
    value.map_or(Cell::None, |value| Cell::Number(value, 4))
}

/// Who set a setting; unknown until the run has a summary.
fn set_by<'a>(run: &'a RunView, key: &str) -> Option<&'a str> {
    let known = !run.stages.is_empty();
    run.origins.get(key).map(String::as_str).or(known.then_some(DEFAULT))
}

/// A stage with its epochs.
struct Stage<'a> {
    view: StageView,
    is_over: bool,
    rows: Vec<&'a Epoch>,
}

/// The stages that the summary tells of or, before there is one, those that have epochs.
fn stages(run: &RunView) -> Vec<Stage<'_>> {
    let mut views = run.stages.clone();
    for row in &run.metrics {
        if !views.iter().any(|view| view.name == row.stage) {
            views.push(StageView { name: row.stage.clone(), ..StageView::default() });
        }
    }
    let is_over = !run.stages.is_empty();
    let rows = |name: &str| run.metrics.iter().filter(|row| row.stage == name).collect();
    views.into_iter().map(|view| Stage { rows: rows(&view.name), is_over, view }).collect()
}

impl<'a> Stage<'a> {
    /// The epoch with the best validation accuracy, the earliest of equals.
    fn best(&self) -> Option<&'a Epoch> {
        let known = self.rows.iter().filter_map(|row| Some((*row, row.value(Column::ValAccuracy)?)));
        known.min_by(|left, right| Objective::DEFAULT.rank(left.1, right.1)).map(|(row, _)| row)
    }

    fn json(&self) -> Value {
        json!({
            "stage": self.view.name,
            "outcome": self.is_over.then(|| self.view.outcome.word()),
            "why": self.view.why,
            "seconds": self.view.seconds,
            "epochs": self.rows.len(),
            "final": self.rows.last().map(|row| epoch(row)),
            "best": self.best().map(epoch),
        })
    }
}

fn epoch(row: &Epoch) -> Value {
    let mut object = Map::new();
    object.insert("stage".to_owned(), json!(row.stage));
    object.insert("epoch".to_owned(), json!(row.epoch));
    object.extend(Column::ALL.into_iter().map(|column| (column.name().to_owned(), json!(row.value(column)))));
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Cell as Number, Outcome};
    use crate::runs::table::Format;

    fn run() -> RunView {
        let row = |epoch, accuracy: &str| {
            let mut row = Epoch { stage: "top".into(), epoch, ..Epoch::default() };
            row.cells[Column::ValAccuracy as usize] = Number::new(accuracy);
            row
        };
        let mut run = RunView {
            name: "pets".into(),
            id: "0001-ab12cd34".into(),
            state: "done".into(),
            metrics: vec![row(0, "0.5"), row(1, "0.9"), row(2, "0.9")],
            stages: vec![StageView {
                name: "top".into(),
                outcome: Outcome::Computed,
                why: "top.dropout 0.5 -> 0.3".into(),
                seconds: Some(1.25),
            }],
            ..RunView::default()
        };
        run.settings.insert("seed", "0");
        run.settings.insert("top.dropout", "0.3");
        run.origins.insert("top.dropout".into(), "experiments/pets.toml:3:1".into());
        run
    }

    #[test]
    fn settings_say_who_set_them_and_defaults_say_so() {
        let csv = settings_table(&run()).render(Format::Csv);
        assert_eq!(csv, "setting,value,set_by\nseed,0,default\ntop.dropout,0.3,experiments/pets.toml:3:1\n");
    }

    #[test]
    fn before_there_is_a_summary_nobody_knows_who_set_what() {
        let begun = RunView { stages: Vec::new(), origins: Default::default(), ..run() };
        assert!(settings_table(&begun).render(Format::Csv).contains("seed,0,NA"));
        assert!(stages_table(&begun).render(Format::Csv).contains("top,NA,NA,3,0.9,NA,0.9,1,NA"));
    }

    #[test]
    fn stages_tell_their_best_epoch_the_earliest_of_equals() {
        let csv = stages_table(&run()).render(Format::Csv);
        assert!(csv.contains("top,computed,1.25,3,0.9,NA,0.9,1,top.dropout 0.5 -> 0.3"), "{csv}");
    }

    #[test]
    fn programs_get_every_epoch_and_every_setting() {
        let json: Value = serde_json::from_str(&account_json(&run())).expect("JSON");
        assert_eq!(json["metrics"][1]["val_accuracy"], 0.9);
        assert_eq!(json["settings"]["top.dropout"]["set_by"], "experiments/pets.toml:3:1");
        assert_eq!(json["stages"][0]["best"]["epoch"], 1);
        assert!(flat_table(&run()).render(Format::Csv).contains("stage,top.best_val_accuracy,0.9,NA"));
    }
}
