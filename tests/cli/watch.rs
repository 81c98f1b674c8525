//! `frostline watch` on a real folder: what is saved is what runs.

use std::io::Write;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::project::{Project, SPEC, signal};
use crate::watched::Watch;

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Long enough for a wrong reaction to show.
const QUIET: Duration = Duration::from_millis(700);
/// A slow writer's pause: longer than a closed file must be quiet, and far shorter than an open one must be.
const PAUSE: Duration = Duration::from_millis(200);

impl Watch {
    /// Waits for an event of this kind of some experiment, and gives all events until then.
    pub fn until(&self, experiment: &str, kind: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok((_, event)) => {
                    let found = kind_of(&event) == kind && is_of(&event, experiment);
                    seen.push(event);
                    if found {
                        return seen;
                    }
                }
                Err(error) => panic!("{kind} of {experiment} did not come ({error}) after {seen:#?}"),
            }
        }
    }

    /// All events of a quiet while.
    pub fn quiet(&self) -> Vec<Value> {
        self.quiet_for(QUIET)
    }

    /// All events until none has come for so long.
    pub fn quiet_for(&self, time: Duration) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            match self.events.recv_timeout(time) {
                Ok((_, event)) => seen.push(event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return seen,
            }
        }
    }
}

/// `watch` for the watcher's own events, `event` for those of a run.
fn kind_of(event: &Value) -> &str {
    let watch = event["watch"].as_str().unwrap_or_default();
    if watch == "run" { event["event"].as_str().unwrap_or_default() } else { watch }
}

fn is_of(event: &Value, experiment: &str) -> bool {
    event["experiment"].as_str().is_some_and(|file| file.ends_with(&format!("{experiment}.toml")))
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(kind_of).collect()
}

/// A project that trains for long: thousands of short epochs.
fn long() -> Project {
    let project = Project::new();
    project.spec(&long_spec("0.5"));
    project
}

fn long_spec(dropout: &str) -> String {
    let top = SPEC.split("[fine_tune]").next().expect("a first part");
    top.replace("epochs = 3", &format!("epochs = 100000\ndropout = {dropout}"))
}

#[test]
fn on_start_what_is_not_done_runs_and_once_ends_with_it() {
    let project = Project::new();
    let ran = project.frostline(&["watch", "experiments", "--once"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("a: bottleneck, top, fine_tune run"), "{}", ran.stdout);
    let again = project.frostline(&["watch", "experiments", "--once"]);
    assert!(again.stdout.contains("already done"), "{}", again.stdout);
}

#[test]
fn a_comment_is_unchanged_and_a_setting_reruns_what_it_touches() {
    let project = Project::new();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "ended");
    project.spec(&format!("# a remark\n{SPEC}"));
    assert_eq!(kinds(&watch.until("a", "unchanged")), ["unchanged"]);
    project.edit("epochs = 3", "epochs = 3\ndropout = 0.3");
    let events = watch.until("a", "ended");
    let changed = events.iter().find(|event| kind_of(event) == "changed").expect("it changed");
    assert_eq!(changed["changes"][0], "top.dropout 0.5 -> 0.3");
    let planned = events.iter().find(|event| kind_of(event) == "planned").expect("it was planned");
    assert_eq!(planned["cached"], serde_json::json!(["bottleneck"]));
    assert_eq!(planned["run"], serde_json::json!(["top", "fine_tune"]));
    assert!(watch.quiet().is_empty(), "what frostline writes triggers nothing");
}

#[test]
fn an_edit_that_breaks_is_shown_and_one_that_mends_runs() {
    let project = Project::new();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "run_ended");
    project.edit("epochs = 3", "epchs = 3");
    let events = watch.until("a", "broken");
    let problems = events.last().expect("an event")["problems"].as_str().expect("a text").to_owned();
    assert!(problems.contains("`epochs`") && problems.contains("a.toml:10:1"), "{problems}");
    project.spec(SPEC);
    assert!(kinds(&watch.until("a", "already_done")).contains(&"mended"));
}

#[test]
fn a_template_reruns_every_experiment_that_extends_it() {
    let project = Project::new();
    let top_only = SPEC.split("[fine_tune]").next().expect("a first part").to_owned();
    std::fs::remove_file(project.path("experiments/a.toml")).expect("it goes");
    project.write("templates/base.toml", &top_only);
    for (name, seed) in [("a", 1), ("b", 2), ("c", 3)] {
        let text = format!("extends = [\"../templates/base.toml\"]\nseed = {seed}\n");
        project.write(&format!("experiments/{name}.toml"), &text);
    }
    let watch = Watch::start(&project, &[]);
    watch.until("c", "ended");
    project.write("templates/base.toml", &top_only.replace("epochs = 3", "epochs = 4"));
    let events = watch.until("c", "run_ended");
    for name in ["a", "b", "c"] {
        assert!(events.iter().any(|event| kind_of(event) == "run_ended" && is_of(event, name)), "{name}: {events:#?}");
    }
}

#[test]
fn an_added_image_reruns_what_depends_on_it() {
    let project = Project::new();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "run_ended");
    project.image("train", "red", 77);
    let events = watch.until("a", "run_ended");
    assert!(events.iter().any(|event| kind_of(event) == "changed" && event["data"] == true), "{events:#?}");
}

#[test]
fn an_image_that_is_only_touched_changes_nothing() {
    let project = Project::new();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "ended");
    let image = std::fs::File::options().append(true).open(project.path("data/train/red/00.png")).expect("it is there");
    image.set_modified(std::time::SystemTime::now()).expect("its time can be set");
    drop(image);
    assert_eq!(kinds(&watch.until("a", "unchanged")), ["unchanged"]);
}

#[test]
fn a_file_that_is_written_slowly_is_not_read_half() {
    let project = Project::new();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "ended");
    let changed = SPEC.replace("epochs = 2", "epochs = 1");
    let (first, rest) = changed.split_at(changed.find("[fine_tune]").expect("it is there"));
    let mut file = std::fs::File::create(project.path("experiments/a.toml")).expect("it can be written");
    file.write_all(first.as_bytes()).expect("it can be written");
    // More pauses than an open file must be quiet for.
    for piece in rest.as_bytes().chunks(rest.len().div_ceil(6)) {
        let seen = watch.quiet_for(PAUSE);
        assert!(seen.is_empty(), "half a file is a valid experiment, and not the one that is meant: {seen:#?}");
        file.write_all(piece).expect("it can be written");
    }
    drop(file);
    let events = watch.until("a", "ended");
    let changed = events.iter().find(|event| kind_of(event) == "changed").expect("it changed");
    assert_eq!(changed["changes"], serde_json::json!(["fine_tune.epochs 2 -> 1"]));
}

#[test]
fn images_that_come_later_mend_an_experiment_that_lacks_them() {
    let project = Project::new();
    std::fs::rename(project.path("data"), project.path("elsewhere")).expect("it moves");
    let watch = Watch::start(&project, &[]);
    watch.until("a", "broken");
    std::fs::rename(project.path("elsewhere"), project.path("data")).expect("it moves");
    let events = watch.until("a", "run_ended");
    assert!(kinds(&events).contains(&"mended"), "{:?}", kinds(&events));
}

#[test]
fn a_burst_of_saves_leads_to_at_most_two_runs_and_the_last_content_wins() {
    let project = Project::new();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "run_ended");
    for save in 1..=100 {
        project.edit("epochs = 3", &format!("epochs = 3\ndropout = 0.{save:03}"));
    }
    let mut events = watch.until("a", "run_ended");
    events.extend(watch.quiet());
    let ended = events.iter().filter(|event| kind_of(event) == "run_ended").count();
    assert!((1..=2).contains(&ended), "{ended} runs: {:?}", kinds(&events));
    let newest = project.frostline(&["ls", "--format", "json"]).stdout;
    let runs: Vec<Value> = serde_json::from_str(&newest).expect("a list");
    let id = runs.last().expect("a run")["id"].as_str().expect("an id").to_owned();
    let spec = std::fs::read_to_string(project.path(&format!("runs/a/{id}/spec.toml"))).expect("a spec");
    assert!(spec.contains("dropout = 0.1\n"), "the last of the hundred saves: {spec}");
}

#[test]
fn restart_stops_the_run_and_runs_the_new_content() {
    let project = long();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "epoch_ended");
    project.spec(&long_spec("0.4"));
    let events = watch.until("a", "planned");
    assert!(kinds(&events).contains(&"stopping") && kinds(&events).contains(&"run_interrupted"));
    watch.until("a", "epoch_ended");
}

#[test]
fn queue_lets_the_run_go_on_and_skip_leaves_the_change_alone() {
    for (on_busy, answer) in [("queue", "queued"), ("skip", "skipped")] {
        let project = long();
        let watch = Watch::start(&project, &["--on-busy", on_busy]);
        watch.until("a", "epoch_ended");
        project.spec(&long_spec("0.4"));
        let events = watch.until("a", answer);
        assert!(!kinds(&events).contains(&"stopping"), "{on_busy}");
        watch.until("a", "epoch_ended");
    }
}

#[test]
fn a_deleted_file_stops_its_run_and_a_file_moved_in_runs() {
    let project = long();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "epoch_ended");
    std::fs::rename(project.path("experiments/a.toml"), project.path("aside.toml")).expect("it moves");
    let events = watch.until("a", "run_interrupted");
    assert!(kinds(&events).contains(&"removed"));
    project.write("b.toml", SPEC);
    std::fs::rename(project.path("b.toml"), project.path("experiments/b.toml")).expect("it moves");
    watch.until("b", "run_ended");
}

#[test]
fn polling_sees_what_events_would_have_told() {
    let project = Project::new();
    let watch = Watch::start(&project, &["--poll", "100ms"]);
    watch.until("a", "run_ended");
    project.edit("epochs = 3", "epochs = 4");
    watch.until("a", "run_ended");
}

#[test]
fn a_folder_that_is_removed_and_made_again_is_watched_again() {
    let project = Project::new();
    let watch = Watch::start(&project, &[]);
    watch.until("a", "ended");
    std::fs::rename(project.path("experiments"), project.path("gone")).expect("it moves");
    let events = watch.until("a", "removed");
    assert!(kinds(&events).contains(&"lost"), "{events:#?}");
    std::fs::rename(project.path("gone"), project.path("experiments")).expect("it moves");
    watch.until("a", "already_done");
    project.edit("epochs = 3", "epochs = 4");
    watch.until("a", "run_ended");
}

#[test]
fn a_sigterm_saves_and_exits_with_130() {
    let project = long();
    let mut watch = Watch::start(&project, &[]);
    watch.until("a", "epoch_ended");
    signal(&watch.child, "TERM");
    watch.until("a", "run_interrupted");
    assert_eq!(watch.child.wait().expect("it ends").code(), Some(130));
}
