//! Runs: identity, states, names.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use frostline::clock::{Clock, ManualClock, SystemClock};
use frostline::digest::Digest;
use frostline::files::{self, fault};
use frostline::runs::table::Format;
use frostline::runs::{ActiveRun, Again, Claim, Identity, MetricsRow, Order, RunError, Runs, State, rows, table_of};
use serde_json::Value;
use tempfile::TempDir;

use crate::scene::{impatiently, patiently};

struct Place {
    _folder: TempDir,
    runs: Runs,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runs = Runs::at(&folder.path().join("runs"), SystemClock::shared());
    Place { _folder: folder, runs }
}

fn order(name: &'static str, content: &str, again: Again) -> Order<'static> {
    let digest = Digest::of(content.as_bytes());
    Order { name, identity: Identity { spec: digest, whole: digest }, spec: "seed = 0\n", again }
}

fn claim(runs: &Runs, name: &'static str, content: &str) -> Claim {
    patiently(|wait| runs.claim(order(name, content, Again::Show), wait)).expect("claims")
}

fn start(runs: &Runs, name: &'static str, content: &str) -> Box<ActiveRun> {
    match claim(runs, name, content) {
        Claim::Mine(run) => run,
        Claim::Done(run) => panic!("{} is done", run.label()),
    }
}

fn finish(runs: &Runs, name: &'static str, content: &str, val_accuracy: f64) {
    let run = start(runs, name, content);
    run.write_metrics(&[row("top", 0.99), row("fine_tune", val_accuracy)]).expect("writes");
    run.end(State::Done, None).expect("ends");
}

fn row(stage: &str, val_accuracy: f64) -> MetricsRow {
    let val_accuracy = Some(val_accuracy);
    let stage = stage.to_owned();
    MetricsRow { stage, epoch: 0, accuracy: 0.9, loss: 0.1, val_accuracy, val_loss: None, learning_rate: 1e-4 }
}

/// Changes one value in a run's status, as another process, boot or machine would have written it.
fn rewrite_status(path: &std::path::Path, pointer: &str, value: Value) {
    let path = path.join("status.json");
    let mut status: Value = serde_json::from_slice(&files::read(&path).expect("reads")).expect("JSON");
    *status.pointer_mut(pointer).expect("a field of the status") = value;
    files::write_atomic(&path, status.to_string().as_bytes()).expect("writes");
}

#[test]
fn the_same_experiment_is_the_same_run_and_a_change_makes_the_next_number() {
    let Place { runs, _folder } = place();
    finish(&runs, "cats", "one", 0.9);
    assert!(matches!(claim(&runs, "cats", "one"), Claim::Done(run) if run.id().number == 1));
    finish(&runs, "cats", "two", 0.9);
    assert_eq!(runs.resolve("cats").expect("the latest").id().number, 2);
    let again = patiently(|wait| runs.claim(order("cats", "one", Again::Rerun), wait)).expect("claims");
    assert!(matches!(again, Claim::Mine(run) if run.id().number == 1));
}

#[test]
fn the_same_spec_on_other_data_is_another_run() {
    let Place { runs, _folder } = place();
    finish(&runs, "cats", "one", 0.9);
    let spec = Digest::of(b"one");
    let identity = Identity { spec, whole: Digest::of(b"other data") };
    let order = Order { name: "cats", identity, spec: "", again: Again::Show };
    let made = patiently(|wait| runs.claim(order, wait)).expect("claims");
    assert!(matches!(made, Claim::Mine(run) if run.id().number == 2 && run.id().hex == spec.short()));
}

#[test]
fn an_interrupted_run_goes_on_in_its_own_directory() {
    let Place { runs, _folder } = place();
    let run = start(&runs, "cats", "one");
    run.progress("top", 3, 50);
    let path = run.path().to_owned();
    drop(run);
    assert_eq!(runs.state(&runs.resolve("cats").expect("a run")), State::Interrupted);
    let run = start(&runs, "cats", "one");
    assert!(run.is_resumed());
    assert_eq!(run.path(), path);
}

#[test]
fn nobody_else_works_on_a_run_that_is_worked_on() {
    let Place { runs, _folder } = place();
    let run = start(&runs, "cats", "one");
    let other = impatiently(|wait| runs.claim(order("cats", "one", Again::Show), wait));
    assert!(matches!(other, Err(RunError::Lock(files::LockError::Stopped))));
    let found = runs.find("cats", &order("cats", "one", Again::Show).identity).expect("finds");
    assert_eq!(found.expect("a run").1, State::Running);
    run.end(State::Failed, Some("no".to_owned())).expect("ends");
}

#[test]
fn running_means_that_the_process_is_there_with_its_start_and_its_boot() {
    let Place { runs, _folder } = place();
    let lies: [(&str, Value); 3] =
        [("/process/started", 1.into()), ("/process/boot_id", "another".into()), ("/process/pid", 0x3fff_fff0.into())];
    for (pointer, value) in lies {
        // Ended, so that no heartbeat writes the status anew, and worked on all the same.
        let run = start(&runs, "cats", pointer).end(State::Done, None).expect("ends");
        let _lock = files::Lock::try_exclusive(&run.path().join(".lock")).expect("locks").expect("nobody has it");
        rewrite_status(run.path(), "/state", "running".into());
        assert_eq!(runs.state(&run), State::Running);
        rewrite_status(run.path(), pointer, value);
        assert_eq!(runs.state(&run), State::Interrupted, "{pointer}");
    }
}

#[test]
fn a_run_whose_last_word_was_refused_is_not_running_although_its_process_lives_on() {
    let Place { runs, _folder } = place();
    let run = start(&runs, "cats", "one");
    let directory = run.directory().clone();
    assert_eq!(runs.state(&directory), State::Running);
    let full = fault::inject(fault::Plan::fail(1, 28));
    run.end(State::Failed, None).expect_err("the disk is full");
    drop(full);
    assert_eq!(directory.status().expect("it can be read").state, State::Running, "nothing newer could be written");
    assert_eq!(runs.state(&directory), State::Interrupted);
    let again = start(&runs, "cats", "one");
    assert!(again.is_resumed() && again.path() == directory.path());
    assert_eq!(runs.state(&directory), State::Running);
}

#[test]
fn on_another_machine_the_heartbeat_decides() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Arc::new(ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)));
    let shared: Arc<dyn Clock> = clock.clone();
    let runs = Runs::at(folder.path(), shared);
    let run = start(&runs, "cats", "one").end(State::Done, None).expect("ends");
    rewrite_status(run.path(), "/state", "running".into());
    rewrite_status(run.path(), "/process/host", "another".into());
    assert_eq!(runs.state(&run), State::Running);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(runs.state(&run), State::Interrupted);
}

#[test]
fn every_way_to_name_a_run_finds_it() {
    let Place { runs, _folder } = place();
    finish(&runs, "cats", "one", 0.91);
    finish(&runs, "cats", "two", 0.95);
    finish(&runs, "cats", "three", 0.93);
    let id = |wanted: &str| runs.resolve(wanted).unwrap_or_else(|error| panic!("{wanted}: {error}")).id().number;
    let second = runs.list(Some("cats")).expect("lists")[1].clone();
    let path = second.path().display().to_string();
    for wanted in ["0002", "2", "cats@best", "cats/0002", "cats@2", &second.id().to_string(), &second.label(), &path] {
        assert_eq!(id(wanted), 2, "{wanted}");
    }
    assert_eq!((id("cats"), id("cats@latest")), (3, 3));
}

#[test]
fn names_that_fit_nothing_or_too_much_say_so() {
    let Place { runs, _folder } = place();
    assert!(runs.resolve("cats").expect_err("nothing").hint().is_some());
    start(&runs, "cats-vs-dogs", "one").end(State::Failed, None).expect("ends");
    finish(&runs, "quickstart", "one", 0.9);
    let error = runs.resolve("cats-vs-dog@latest").expect_err("a typo");
    assert_eq!(error.to_string(), "no run is called `cats-vs-dog@latest`");
    assert_eq!(error.hint().expect("a hint"), "did you mean `cats-vs-dogs@latest`?");
    assert!(matches!(runs.resolve("0001"), Err(RunError::Ambiguous { candidates, .. }) if candidates.len() == 2));
    assert!(matches!(runs.resolve("cats-vs-dogs@best"), Err(RunError::NoBest { .. })));
    for hostile in ["../cats", "..", ".cache", "a/../../b", ""] {
        assert!(runs.resolve(hostile).is_err(), "{hostile}");
        assert!(runs.folder(hostile).is_err(), "{hostile}");
    }
}

#[test]
fn a_list_of_runs_shows_the_states_as_they_are() {
    let Place { runs, _folder } = place();
    finish(&runs, "cats", "one", 0.91);
    start(&runs, "cats", "two").end(State::Diverged, Some("loss is NaN".to_owned())).expect("ends");
    let rows = rows(&runs, &runs.list(None).expect("lists"));
    assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [State::Done, State::Diverged]);
    assert_eq!(rows[0].best_val_accuracy, Some(0.91));
    assert_eq!(rows[1].message.as_deref(), Some("loss is NaN"));
    let csv = table_of(&rows).render(Format::Csv);
    assert!(csv.starts_with("name,id,state,stage,epoch,epochs,val_accuracy,"), "{csv}");
    assert_eq!(csv.lines().count(), 3);
}

#[test]
fn the_keys_that_a_run_uses_are_known_while_it_runs() {
    let Place { runs, _folder } = place();
    let run = start(&runs, "cats", "one");
    run.use_key(&"top-abc").expect("notes");
    run.use_key(&"top-abc").expect("notes");
    let uses = runs.cache_uses().expect("reads");
    assert_eq!(uses["top-abc"], [run.directory().clone()]);
}
