//! Ctrl-C and SIGTERM finish the batch, save and exit with 130; a second Ctrl-C stops at once.

use crate::project::{Project, SPEC, lasting};
use crate::work::{RUN, Reference, Working, runs, states};

/// Enough epochs that a signal comes in time.
fn long() -> String {
    let (top, _) = SPEC.split_once("[fine_tune]").expect("two stages");
    lasting(&top.replace("epochs = 3", "epochs = 400"))
}

/// One batch of many large images, which takes many times as long as two signals do, also on a loaded machine.
fn slow_batch() -> Project {
    let project = Project::new();
    let more = (8..44).flat_map(|number| ["blue", "red"].map(|class| (class, number)));
    more.for_each(|(class, number)| project.image("train", class, number));
    let (top, _) = SPEC.split_once("[fine_tune]").expect("two stages");
    project.spec(&(top.replace("target_size = 32", "target_size = 256") + "\n[bottleneck]\nbatch_size = 96\n"));
    project
}

fn interrupt(signal: &str, moment: &str) {
    let project = Project::new();
    project.spec(&long());
    let reference = Reference::of(&project);
    let mut working = Working::start(project.command(&RUN));
    assert!(working.until(moment), "{:?}", working.seen);
    working.signal(signal);
    let ran = working.end();
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("stopping after this batch"), "{}", ran.stderr);
    assert_eq!(states(&project), ["interrupted"]);
    let status = std::fs::read_to_string(runs(&project)[0].join("status.json")).expect("it has a status");
    assert!(status.contains(r#""state": "interrupted""#), "{status}");
    reference.begins_with_rows_of(&project, signal);
    reference.is_reached_by(&project, signal);
}

#[test]
fn ctrl_c_in_training_saves_and_exits_with_130_and_the_run_goes_on() {
    interrupt("INT", "top epoch 1:");
}

#[test]
fn sigterm_in_extraction_saves_and_exits_with_130_and_the_run_goes_on() {
    interrupt("TERM", "bottleneck: running");
}

#[test]
fn a_second_ctrl_c_stops_at_once_and_the_run_shows_as_interrupted() {
    let project = slow_batch();
    let mut working = Working::start(project.command(&RUN));
    assert!(working.until("bottleneck: running"), "{:?}", working.seen);
    working.signal("INT");
    assert!(working.until("once more stops at once"), "{:?}", working.seen);
    working.signal("INT");
    let ran = working.end();
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    let status = std::fs::read_to_string(runs(&project)[0].join("status.json")).expect("it has a status");
    assert!(status.contains(r#""state": "running""#), "nothing was saved any more: {status}");
    assert_eq!(states(&project), ["interrupted"]);
}

#[test]
fn after_a_second_ctrl_c_in_training_the_run_goes_on_to_the_same_bytes() {
    let project = Project::new();
    project.spec(&long());
    let reference = Reference::of(&project);
    let mut working = Working::start(project.command(&RUN));
    assert!(working.until("top epoch 5:"), "{:?}", working.seen);
    working.signal("INT");
    working.signal("INT");
    let ran = working.end();
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert_eq!(states(&project), ["interrupted"]);
    reference.begins_with_rows_of(&project, "a second Ctrl-C");
    reference.is_reached_by(&project, "a second Ctrl-C");
}
