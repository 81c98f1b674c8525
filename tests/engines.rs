//! Whole runs by the code that serves GPUs, on the CPU, or on the GPU that `FROSTLINE_TEST_DEVICE` names: the same accuracy, keys of their own, and runs that begin on one
//! engine and end on the other.

mod device;
#[path = "cli/project.rs"]
#[expect(dead_code, reason = "the tests of the verbs use more of it")]
mod project;

use std::path::Path;
use std::sync::{Arc, Mutex};

use frostline::clock::{Clock, SystemClock};
use frostline::event::{Event, Reporter, Stage, Warning};
use frostline::net::Engine;
use frostline::runs::{MetricsRow, RunDir, Runs};
use frostline::spec::{self, Overrides};
use frostline::stages::{self, Outcome, Prepared, Request, Standing};
use frostline::stop::StopToken;
use project::SPEC;

/// The project's experiment, for long enough to learn.
fn spec() -> String {
    SPEC.replace("\"unit\"", "\"caffe\"").replace("epochs = 3", "epochs = 6\ndropout = 0.3")
}

/// Losses are means over batches that a thousand rounded operations lead to.
const LOSSES: f64 = 1e-3;
/// Whose probability lies within that rounding of a half is called one way by some CPUs and the other way by others: one image more
/// or less until the end, where none does (the nearest has 0.6).
const IMAGES: f64 = 1.0;
/// Images to train on, and to validate on.
const COUNTS: [f64; 2] = [16.0, 8.0];

/// Two classes of coloured noise, and an experiment on them.
struct Project {
    files: project::Project,
    clock: Arc<dyn Clock>,
}

/// Keeps what is said, and asks for a stop after an epoch of a stage.
struct Listener<'a> {
    said: Mutex<Vec<String>>,
    stop_after: Option<(Stage, u32)>,
    stop: &'a StopToken,
}

impl Reporter for Listener<'_> {
    fn event(&self, event: &Event) {
        match event {
            Event::Warned { warning: Warning::Notice { text } } => {
                self.said.lock().expect("nobody panics").push(text.clone());
            }
            Event::EpochEnded { stage, metrics } if self.stop_after == Some((*stage, metrics.epoch)) => {
                self.stop.request();
            }
            _ => {}
        }
    }
}

impl Project {
    fn new() -> Self {
        let files = project::Project::new();
        files.spec(&spec());
        Self { files, clock: Arc::new(SystemClock::default()) }
    }

    fn runs(&self, name: &str) -> Runs {
        Runs::at(&self.files.path(name), Arc::clone(&self.clock))
    }

    fn prepared(&self, engine: Engine) -> Prepared {
        let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/vgg16-imagenet-notop.f16.safetensors");
        let set = vec![format!("weights.path={}", weights.display())];
        let overrides = Overrides { set, cwd: self.files.path(""), ..Overrides::default() };
        let experiment = spec::load(&self.files.path("experiments/a.toml"), &overrides);
        let experiment = experiment.unwrap_or_else(|problems| panic!("{problems:?}"));
        Prepared { engine, ..stages::prepare(experiment, &self.runs("runs")).expect("images and weights are there") }
    }

    /// Runs, until it is done or has to stop; gives the run and the notices.
    fn run(&self, runs: &Runs, engine: Engine, stop_after: Option<(Stage, u32)>) -> (Outcome, Vec<String>) {
        let (prepared, stop) = (self.prepared(engine), StopToken::new());
        let listener = Listener { said: Mutex::default(), stop_after, stop: &stop };
        let request =
            Request { prepared: &prepared, runs, force: None, reporter: &listener, stop: &stop, clock: &self.clock };
        let outcome = stages::run(&request).unwrap_or_else(|error| panic!("{error}"));
        (outcome, listener.said.into_inner().expect("nobody panics"))
    }
}

fn done(outcome: Outcome) -> RunDir {
    match outcome {
        Outcome::Done(run) => run,
        other => panic!("it is done: {other:?}"),
    }
}

fn rows(outcome: Outcome) -> Vec<MetricsRow> {
    done(outcome).metrics().expect("the run has metrics")
}

/// Asserts the same accuracy in the end, and epoch by epoch nearly the same accuracies and losses.
fn assert_alike(found: &[MetricsRow], expected: &[MetricsRow]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((&found.stage, found.epoch), (&expected.stage, expected.epoch));
        let right = |row: &MetricsRow| [row.accuracy, row.val_accuracy.expect("it is validated")];
        for ((found_right, right), count) in right(found).into_iter().zip(right(expected)).zip(COUNTS) {
            let images = ((found_right - right) * count).abs().round();
            assert!(images <= IMAGES, "{images} images apart: {found:?}, {expected:?}");
        }
        let apart = (found.loss - expected.loss).abs() / expected.loss;
        assert!(apart < LOSSES, "{apart:e}: {found:?}, {expected:?}");
    }
    let end = |rows: &[MetricsRow]| rows.last().and_then(|row| row.val_accuracy);
    assert_eq!(end(found), end(expected));
}

#[test]
fn a_run_ends_at_the_same_accuracy_by_either_code_and_also_when_it_goes_on_by_the_other() {
    let (project, other) = (Project::new(), device::under_test(Engine::Generic));
    let (fast, said) = project.run(&project.runs("fast"), Engine::Fast, None);
    assert_eq!(said, Vec::<String>::new());
    let fast = rows(fast);
    assert!(fast.iter().any(|row| row.val_accuracy == Some(1.0)), "it learns: {fast:?}");
    let (generic, said) = project.run(&project.runs("generic"), other, None);
    assert_eq!(said, Vec::<String>::new());
    assert_alike(&rows(generic), &fast);

    for stop_after in [(Stage::Top, 2), (Stage::FineTune, 0)] {
        let runs = project.runs(&format!("moved-{}", stop_after.0));
        let (stopped, _) = project.run(&runs, Engine::Fast, Some(stop_after));
        assert!(matches!(stopped, Outcome::Interrupted(_)), "{stopped:?}");
        let (moved, said) = project.run(&runs, other, None);
        let moves = format!("begun on `cpu` and goes on on `{}`", other.name());
        assert!(said.len() == 1 && said[0].contains(&moves), "{said:?}");
        let run = done(moved);
        assert_eq!(run.id().to_string()[..4], *"0001");
        let summary = run.summary().expect("it can be read").expect("it is done");
        assert_eq!(summary.machine.device, format!("cpu, then {}", other.name()));
        let top = &summary.stages[1];
        assert!(top.reused >= u64::from(stop_after.1.min(2)), "{top:?}");
        assert_alike(&run.metrics().expect("the run has metrics"), &fast);
    }
}

#[test]
fn what_one_engine_has_stored_is_not_taken_for_the_others() {
    let (project, other) = (Project::new(), device::under_test(Engine::Generic));
    let runs = project.runs("runs");
    done(project.run(&runs, Engine::Fast, None).0);
    let plan = |engine| stages::plan(&project.prepared(engine), &runs, None, &project.clock).expect("it can be read");
    assert!(plan(Engine::Fast).stages.iter().all(|stage| stage.standing.to_do() == 0));
    for stage in plan(other).stages {
        assert!(matches!(stage.standing, Standing::Missing { .. }), "{stage:?}");
        assert_eq!(stage.because, [format!("device cpu -> {}", other.name())], "{stage:?}");
    }
}

#[test]
fn a_batch_of_nothing_but_images_that_are_skipped_is_passed_over() {
    let project = Project::new();
    let broken = project.files.path("data/train/red/broken.png");
    std::fs::write(broken, b"\x89PNG\r\n\x1a\nno chunks").expect("it is written");
    let skipping = "[bottleneck]\nbatch_size = 1\n\n[data]\non_bad_image = \"skip\"";
    project.files.spec(&spec().replace("[data]", skipping));
    let (ended, _) = project.run(&project.runs("runs"), device::under_test(Engine::Generic), None);
    let summary = done(ended).summary().expect("it can be read").expect("it is done");
    assert_eq!(
        summary.skipped.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["data/train/red/broken.png"]
    );
}
