//! From a run to its events.

use prost::Message;

use super::message::{
    Event, Metadata, Plugin, PluginData, Session, SessionEnd, SessionStart, SettingKind, SettingValue, Shape, Size,
    Summary, SummaryKind, SummaryValue, Tensor, What,
};
use super::record;
use crate::report::settings::is_label;
use crate::report::{Column, RunView};

/// The first record of every event file of this format.
const FILE_VERSION: &str = "brain.Event:2";

/// The tags that scalars have in TensorBoard; it groups by what stands before the slash.
fn tag(column: Column) -> &'static str {
    match column {
        Column::Accuracy => "accuracy/train",
        Column::ValAccuracy => "accuracy/validation",
        Column::Loss => "loss/train",
        Column::ValLoss => "loss/validation",
        Column::LearningRate => "learning_rate",
    }
}

/// How the names of event files start; TensorBoard takes every file whose name holds `tfevents`.
pub const EVENTS: &str = "events.out.tfevents.";

/// The name of a run's event file.
pub fn event_file_name(run: &RunView) -> String {
    format!("{EVENTS}{:010}.frostline", run.started.unwrap_or(0.0) as u64)
}

/// A run as a TensorBoard event file: the settings, then one event an epoch. The step counts the epochs of all stages
/// from 0, as the curves do.
pub fn event_file(run: &RunView) -> Vec<u8> {
    let mut file = Vec::new();
    let mut write = |step: usize, what: What| {
        let event = Event { wall_time: wall_time(run, step), step: step as i64, what: Some(what) };
        record::append(&mut file, &event.encode_to_vec());
    };
    write(0, What::FileVersion(FILE_VERSION.to_owned()));
    write(0, session("_hparams_/session_start_info", Session::Start(start(run))));
    for (step, row) in run.metrics.iter().enumerate() {
        let known = Column::ALL.into_iter().filter_map(|column| row.value(column).map(|value| scalar(column, value)));
        write(step, What::Summary(Summary { values: known.collect() }));
    }
    write(run.metrics.len(), session("_hparams_/session_end_info", Session::End(end(run))));
    file
}

/// The run's time, shared out evenly among its epochs.
fn wall_time(run: &RunView, step: usize) -> f64 {
    let share = step as f64 / run.metrics.len().max(1) as f64;
    run.started.unwrap_or(0.0) + run.seconds().unwrap_or(0.0) * share
}

fn scalar(column: Column, value: f64) -> SummaryValue {
    SummaryValue { tag: tag(column).to_owned(), metadata: None, kind: Some(SummaryKind::Simple(value as f32)) }
}

/// What the HParams plugin reads is metadata; the value is an empty tensor.
fn session(tag: &str, session: Session) -> What {
    let content = PluginData { session: Some(session) }.encode_to_vec();
    let metadata = Metadata { plugin: Some(Plugin { name: "hparams".to_owned(), content }) };
    let nothing = Tensor { kind: 1, shape: Some(Shape { sizes: vec![Size { size: 0 }] }) };
    let value =
        SummaryValue { tag: tag.to_owned(), metadata: Some(metadata), kind: Some(SummaryKind::Tensor(nothing)) };
    What::Summary(Summary { values: vec![value] })
}

fn start(run: &RunView) -> SessionStart {
    let settings = run.settings.iter().filter(|(key, _)| !is_label(key));
    SessionStart {
        settings: settings.map(|(key, value)| (key.to_owned(), setting(value))).collect(),
        group: format!("{}/{}", run.name, run.id),
        start_time: run.started.unwrap_or(0.0),
    }
}

fn setting(text: &str) -> SettingValue {
    let flag = text.parse::<bool>().map(SettingKind::Flag);
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(SettingKind::Number);
    SettingValue { kind: flag.ok().or_else(number).or_else(|| Some(SettingKind::Text(text.to_owned()))) }
}

fn end(run: &RunView) -> SessionEnd {
    let status = if matches!(run.state.as_str(), "failed" | "diverged") { 2 } else { 1 };
    SessionEnd { status, end_time: wall_time(run, run.metrics.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_their_kind() {
        assert_eq!(setting("true").kind, Some(SettingKind::Flag(true)));
        assert_eq!(setting("1e-3").kind, Some(SettingKind::Number(0.001)));
        assert_eq!(setting("sgd").kind, Some(SettingKind::Text("sgd".to_owned())));
        assert_eq!(setting("nan").kind, Some(SettingKind::Text("nan".to_owned())));
    }

    #[test]
    fn the_same_run_gives_the_same_bytes() {
        let run = RunView { started: Some(1.7e9), ..RunView::default() };
        assert_eq!(event_file(&run), event_file(&run));
        assert_eq!(event_file_name(&run), "events.out.tfevents.1700000000.frostline");
    }
}
