//! TensorBoard itself reads what was written. It is taken from the Python that `FROSTLINE_TENSORBOARD_PYTHON` names, else from
//! `python3`; where neither has it, the test says so and passes.

use std::process::Command;

use frostline::report::{Column, Pictures, RunView, write_run};
use serde_json::Value;

use crate::fixture::Made;

/// Prints, as JSON, the scalars (tag -> [[step, value]]), and what the HParams plugin reads.
const SCRIPT: &str = r#"
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.util import tensor_util
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "tensors": 0})
events.Reload()
scalars = {tag: [[e.step, float(tensor_util.make_ndarray(e.tensor_proto))] for e in events.Tensors(tag)]
    for tag in events.Tags()["tensors"] if not tag.startswith("_hparams_")}
scalars |= {tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
content = lambda tag: events.SummaryMetadata(tag).plugin_data.content
start = metadata.parse_session_start_info_plugin_data(content("_hparams_/session_start_info"))
end = metadata.parse_session_end_info_plugin_data(content("_hparams_/session_end_info"))
settings = {key: getattr(value, value.WhichOneof("kind")) for key, value in start.hparams.items()}
print(json.dumps({"scalars": scalars, "settings": settings, "group": start.group_name, "status": end.status}))
"#;

/// A Python that has TensorBoard.
fn python() -> Option<String> {
    let named = std::env::var("FROSTLINE_TENSORBOARD_PYTHON").ok();
    let able = |python: &String| {
        Command::new(python).args(["-c", "import tensorboard"]).output().is_ok_and(|output| output.status.success())
    };
    let found = named.into_iter().chain(["python3".to_owned()]).find(able);
    if found.is_none() {
        eprintln!("skipped: no Python with TensorBoard (FROSTLINE_TENSORBOARD_PYTHON names one)");
    }
    found
}

#[test]
fn tensorboard_reads_the_same_scalars_and_settings() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let dir = Made::new(2).write(folder.path());
    let run = RunView::load(&dir).expect("the made-up run can be read");
    write_run(&dir, &run, &Pictures::none()).expect("the files can be written");
    let output = Command::new(python).args(["-c", SCRIPT]).arg(&dir).output().expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).expect("the script prints JSON");
    for (tag, column) in [
        ("accuracy/train", Column::Accuracy),
        ("loss/validation", Column::ValLoss),
        ("learning_rate", Column::LearningRate),
    ] {
        let steps = read["scalars"][tag].as_array().expect("a list of steps");
        assert_eq!(steps.len(), run.metrics.len());
        for (at, (step, row)) in steps.iter().zip(&run.metrics).enumerate() {
            assert_eq!(step[0].as_u64(), Some(at as u64));
            assert_eq!(
                step[1].as_f64().map(|value| value as f32),
                row.value(column).map(|value| value as f32),
                "{tag} {at}"
            );
        }
    }
    assert_eq!(read["settings"]["top.dropout"].as_f64(), Some(0.3));
    assert_eq!(read["settings"]["top.optimizer.kind"], "rmsprop");
    assert_eq!(read["settings"]["fine_tune.augment.horizontal_flip"], true);
    assert_eq!(read["status"], 1);
}
