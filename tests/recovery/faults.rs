//! Every operation on the disk of a whole run fails in turn, or is the last one: what is left can be gone on from.

use crate::project::{Project, Ran};
use crate::work::{RUN, Reference, assert_whole, begin, draw, either, start_over, tell};

/// A small run through all stages: what counts here are operations.
const SPEC: &str = r#"
[data]
train = "../data/train"
validation = "../data/validation"
target_size = 32
preprocess = "unit"
limit_per_class = 3

[top]
hidden = [8]
epochs = 2
batch_size = 4
optimizer = { kind = "adam", lr = 1e-3 }

[fine_tune]
frozen_layers = 13
epochs = 2
batch_size = 4
optimizer = { kind = "sgd", lr = 1e-4, momentum = 0.9 }
"#;

/// What happens to the operation that is struck.
const FAULTS: [&str; 3] = ["ENOSPC", "EIO", "die"];

fn run_with(project: &Project, plan: &str) -> Ran {
    let mut command = project.command(&[&RUN[..], &["--threads", "1"]].concat());
    Ran::of(command.env("FROSTLINE_FAULT", plan).output().expect("the binary starts"))
}

/// How many operations a whole run asks for.
fn operations(project: &Project) -> usize {
    let ran = run_with(project, "any:0:die");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let seen = ran.stderr.split("fault plan: ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::parse);
    seen.expect("it counts").expect("a number")
}

/// Holds what a struck run says to what it must say.
fn assert_clear(ran: &Ran, plan: &str) {
    match ran.code {
        // Signs of life and records of use may fail without harm.
        0 => {}
        1 | 5 => {
            let error = ran.stderr.split("error: ").nth(1).unwrap_or_else(|| panic!("{plan}: {}", ran.stderr));
            assert!(error.contains('`') && error.contains('/'), "{plan} names no path: {error}");
            if plan.ends_with("ENOSPC") {
                assert!(error.contains("hint: free "), "{plan} does not say what is needed: {error}");
            }
        }
        -1 if plan.ends_with("die") => {}
        other => panic!("{plan} exits with {other}: {}", ran.stderr),
    }
    assert!(!ran.stderr.contains("panicked"), "{plan}: {}", ran.stderr);
}

#[test]
fn whichever_operation_on_the_disk_fails_the_run_says_so_and_goes_on_when_it_is_run_again() {
    let project = Project::new();
    project.spec(SPEC);
    let reference = Reference::of(&project);
    let operations = operations(&project);
    let all = operations * FAULTS.len();
    let mut told = [0; 4];
    for nth in begin()..either(9, all) {
        // A sample is spread over all; everything comes in an order that is as good as any.
        let place = if all > 12 { (nth * 7919 + draw(nth / all, "start", all)) % all } else { nth };
        let plan = format!("any:{}:{}", place / FAULTS.len() + 1, FAULTS[place % FAULTS.len()]);
        start_over(&project);
        let ran = run_with(&project, &plan);
        assert_clear(&ran, &plan);
        assert_whole(&project, &plan);
        reference.begins_with_rows_of(&project, &plan);
        reference.is_reached_by(&project, &plan);
        tell(&format!("{nth}, {plan}: exit {}, then the same bytes", ran.code));
        told[match ran.code {
            0 => 0,
            1 => 1,
            5 => 2,
            _ => 3,
        }] += 1;
    }
    let [harmless, failed, failed_run, died] = told;
    eprintln!(
        "{} faults at {operations} operations: {harmless} harmless, {failed} exit 1, {failed_run} exit 5, {died} died",
        told.iter().sum::<i32>()
    );
    assert!(failed + failed_run + died > harmless);
}

#[test]
fn a_filesystem_without_locks_is_named_with_what_to_do() {
    let project = Project::new();
    project.spec(SPEC);
    let ran = run_with(&project, "lock:1:ENOLCK");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot lock files") && ran.stderr.contains("hint: keep `"), "{}", ran.stderr);
}
