//! Eight processes at once on one cold cache and one folder of runs; a run that others wait for, and a collection beside it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::project::{Project, Ran, SPEC, file, lasting};
use crate::work::{RUN, Reference, Working, assert_whole, either, runs, start_over, states, tell};

const PROCESSES: usize = 8;

/// Starts all, then waits for all. Gives the directories they end in.
fn at_once(project: &Project, arguments: impl Fn(usize) -> Vec<String>) -> Vec<PathBuf> {
    let start = |nth: usize| -> Child {
        let mut command = project.command(&["run", "experiments/a.toml", "--threads", "1"]);
        command.args(arguments(nth)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    };
    let children: Vec<Child> = (0..PROCESSES).map(start).collect();
    let end = |child: Child| {
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        PathBuf::from(ran.stdout.trim())
    };
    children.into_iter().map(end).collect()
}

/// How much of a stage a run computed itself.
fn computed(run: &std::path::Path, stage: &str) -> u64 {
    let summary: Value = serde_json::from_slice(&file(run, "summary.json")).expect("JSON");
    let stages = summary["stages"].as_array().expect("stages").iter();
    stages.filter(|row| row["stage"] == stage).map(|row| row["computed"].as_u64().expect("a count")).sum()
}

#[test]
fn eight_processes_with_one_experiment_do_it_once_in_one_directory() {
    let project = Project::new();
    let reference = Reference::of(&project);
    let times = either(1, 20);
    for time in 0..times {
        start_over(&project);
        let directories: BTreeSet<PathBuf> = at_once(&project, |_| Vec::new()).into_iter().collect();
        assert_eq!(directories.len(), 1, "time {time}");
        reference.is(&project, &format!("time {time}"));
        tell(&format!("one experiment, time {time}: the same bytes"));
        assert_whole(&project, "eight at once");
    }
    eprintln!("{times} times eight processes with one experiment");
}

#[test]
fn eight_processes_with_eight_experiments_share_what_they_have_in_common() {
    let project = Project::new();
    let times = either(1, 20);
    for time in 0..times {
        start_over(&project);
        let rate = |nth: usize| vec!["--set".to_owned(), format!("fine_tune.optimizer.lr={}e-5", nth + 1)];
        let directories = at_once(&project, rate);
        assert_eq!(runs(&project).len(), PROCESSES, "time {time}");
        let numbers: BTreeSet<String> =
            directories.iter().map(|run| run.file_name().expect("an id").to_string_lossy()[..4].to_owned()).collect();
        assert_eq!(numbers, (1..=PROCESSES).map(|number| format!("{number:04}")).collect());
        let sum = |stage: &str| directories.iter().map(|run| computed(run, stage)).sum::<u64>();
        assert_eq!((sum("bottleneck"), sum("top")), (24, 3), "time {time}: one computes, the others wait");
        assert_eq!(sum("fine_tune"), 2 * PROCESSES as u64);
        tell(&format!("eight experiments, time {time}: each part computed once"));
        assert_whole(&project, "eight at once");
    }
    eprintln!("{times} times eight processes with eight experiments");
}

/// A run that stands still in its first epochs, until it is told to go on.
fn standing_still(project: &Project) -> Working {
    let (top, _) = SPEC.split_once("[fine_tune]").expect("two stages");
    project.spec(&lasting(&top.replace("epochs = 3", "epochs = 400")));
    let mut working = Working::start(project.command(&RUN));
    assert!(working.until("top epoch 1:"), "{:?}", working.seen);
    working.signal("STOP");
    working
}

#[test]
fn who_waits_for_another_process_says_for_which_and_ends_with_its_run() {
    let project = Project::new();
    let first = standing_still(&project);
    let mut second = Working::start(project.command(&RUN));
    let said = format!("waiting for process {}, which is computing the same", first.child.id());
    assert!(second.until(&said), "{:?}", second.seen);
    assert_eq!(states(&project), ["running"]);
    first.signal("CONT");
    let (first, second) = (first.end(), second.end());
    assert_eq!((first.code, second.code), (0, 0), "{}{}", first.stderr, second.stderr);
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(states(&project), ["done"]);
}

#[test]
fn a_collection_leaves_what_a_run_under_way_uses() {
    let project = Project::new();
    let run = standing_still(&project);
    let experiment = project.path("experiments/a.toml");
    let text = std::fs::read_to_string(&experiment).expect("it is there");
    std::fs::remove_file(&experiment).expect("it can be removed");
    let collected = project.frostline(&["cache", "gc", "--max-size", "0", "--older-than", "0s", "--yes"]);
    assert_eq!(collected.code, 0, "{}", collected.stderr);
    assert!(collected.stderr.contains("removed 0 entries"), "{}", collected.stderr);
    run.signal("CONT");
    let ran = run.end();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    project.spec(&text);
    Reference::of(&project).is(&project, "a collection beside it");
}
