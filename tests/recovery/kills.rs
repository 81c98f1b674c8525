//! Killed at any instant, a run goes on in its own directory and ends with the same bytes.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use crate::project::{Project, SPEC};
use crate::work::{RUN, Reference, Working, assert_whole, draw, either, runs, start_over, states, stored, tell};

const SIGKILL: i32 = 9;
/// Parts into which the time between two lines is divided.
const PARTS: usize = 1000;

/// When the lines of an undisturbed run come: the time before each, and after the last.
fn gaps(project: &Project) -> Vec<Duration> {
    start_over(project);
    let mut working = Working::start(project.command(&RUN));
    let mut gaps = Vec::new();
    let mut before = Instant::now();
    while working.until("") {
        gaps.push(before.elapsed());
        before = Instant::now();
    }
    gaps.push(before.elapsed());
    assert_eq!(working.end().code, 0);
    gaps
}

/// Runs and kills at an instant: after a line that is drawn, and a drawn part of the time to the next one. Gives the stage that
/// was at work, or nothing if the run had ended before.
fn killed(project: &Project, gaps: &[Duration], seed: usize) -> Option<String> {
    let line = draw(seed, "line", gaps.len());
    let part = draw(seed, "part", PARTS) as f64 / PARTS as f64;
    let mut working = Working::start(project.command(&RUN));
    working.follow(line, gaps[line].mul_f64(part));
    working.child.kill().expect("it can be killed, or has ended");
    let status = working.child.wait().expect("it ends");
    let last = working.seen.iter().rev().find_map(|line| line.trim().split([' ', ':']).next().map(str::to_owned));
    (status.signal() == Some(SIGKILL)).then(|| last.unwrap_or("start".to_owned()))
}

/// Kills runs of an experiment at so many instants, some of them several times on their way.
fn kill(spec: &str, instants: usize) -> BTreeMap<String, usize> {
    let project = Project::new();
    project.spec(spec);
    let reference = Reference::of(&project);
    let gaps = gaps(&project);
    reference.is(&project, "an undisturbed run");
    let mut hits = BTreeMap::new();
    let mut seed = 0;
    while hits.values().sum::<usize>() < instants {
        start_over(&project);
        for _ in 0..=draw(seed, "times", 3) {
            seed += 1;
            let Some(stage) = killed(&project, &gaps, seed) else { continue };
            let after = format!("kill {seed} in {stage}");
            tell(&after);
            reference.begins_with_rows_of(&project, &after);
            assert!(runs(&project).len() <= 1, "after {after}");
            let honest = states(&project).iter().all(|state| state == "interrupted" || state == "done");
            assert!(honest, "after {after}: {:?}", states(&project));
            assert_whole(&project, &after);
            *hits.entry(stage).or_default() += 1;
        }
        reference.is_reached_by(&project, &format!("kills up to {seed}"));
        tell(&format!("the same bytes after kills up to {seed}"));
        assert_whole(&project, "the end");
    }
    hits
}

#[test]
fn a_run_that_is_killed_at_any_instant_ends_with_the_same_bytes() {
    let instants = either(3, 100);
    let hits = kill(SPEC, instants);
    eprintln!("with augmentation: {} instants, {hits:?}", hits.values().sum::<usize>());
}

#[test]
fn a_run_on_stored_activations_that_is_killed_at_any_instant_ends_with_the_same_bytes() {
    let instants = either(3, 100);
    let hits = kill(&stored(), instants);
    eprintln!("on stored activations: {} instants, {hits:?}", hits.values().sum::<usize>());
}
