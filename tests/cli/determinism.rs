//! The same bytes, whatever the threads, the instruction set and the cache.

use std::path::PathBuf;

use frostline::digest::Digest;

use crate::project::{Project, Ran, SPEC, file};

const FILES: [&str; 3] = ["metrics.csv", "predictions.csv", "model.safetensors"];

/// Name and digest of every file that must not change.
fn bytes(run: &std::path::Path) -> Vec<(&'static str, Digest)> {
    FILES.iter().map(|&name| (name, Digest::of(&file(run, name)))).collect()
}

fn run_with(project: &Project, arguments: &[&str]) -> PathBuf {
    let ran = project.frostline(&[&["run", "experiments/a.toml"], arguments].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    project.path(ran.stdout.trim())
}

#[test]
fn one_thread_and_two_and_three_give_the_same_bytes() {
    let project = Project::new();
    let one = bytes(&run_with(&project, &["--threads", "1", "--runs", "one"]));
    for threads in ["2", "3"] {
        assert_eq!(bytes(&run_with(&project, &["--threads", threads, "--runs", threads])), one, "{threads} threads");
    }
}

#[test]
fn a_half_filled_cache_gives_the_bytes_of_a_cold_one() {
    let project = Project::new();
    let cold = bytes(&run_with(&project, &["--runs", "cold"]));
    let half = ["--set", "data.limit_per_class=3", "--set", "fine_tune=false", "--runs", "half"];
    run_with(&project, &half);
    assert_eq!(bytes(&run_with(&project, &["--runs", "half"])), cold);
}

#[test]
fn a_longer_training_that_went_on_gives_the_bytes_of_a_straight_one() {
    let project = Project::new();
    let longer = ["--set", "top.epochs=6", "--set", "fine_tune.epochs=4"];
    let straight = bytes(&run_with(&project, &[&longer[..], &["--runs", "straight"]].concat()));
    run_with(&project, &["--set", "top.epochs=6", "--runs", "twice"]);
    run_with(&project, &["--runs", "twice"]);
    assert_eq!(bytes(&run_with(&project, &[&longer[..], &["--runs", "twice"]].concat())), straight);
}

#[test]
fn the_instruction_sets_give_the_same_bytes() {
    let project = Project::new();
    project.spec(&SPEC.replace("epochs = 3", "epochs = 1").replace("epochs = 2", "epochs = 1"));
    let own = bytes(&run_with(&project, &["--runs", "own"]));
    for isa in ["avx512", "avx2"] {
        let mut command = project.command(&["run", "experiments/a.toml", "--runs", isa]);
        let ran = Ran::of(command.env("FROSTLINE_ISA", isa).output().expect("the binary starts"));
        if ran.code == 2 {
            eprintln!("skipped: this machine has no {isa}");
            continue;
        }
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(bytes(&project.path(ran.stdout.trim())), own, "{isa}");
    }
}

#[test]
fn tiles_of_bf16_give_the_same_bytes_with_and_without_a_unit_for_them() {
    let project = Project::new();
    project.spec(&SPEC.replace("epochs = 3", "epochs = 1").replace("epochs = 2", "epochs = 1"));
    let tiled = ["--set", "bottleneck.precision=bf16_amx", "--set", "fine_tune.frozen_precision=bf16_amx"];
    let own = bytes(&run_with(&project, &[&tiled[..], &["--runs", "own"]].concat()));
    let arguments = [&["run", "experiments/a.toml", "--runs", "portable"], &tiled[..]].concat();
    let ran =
        Ran::of(project.command(&arguments).env("FROSTLINE_ISA", "portable").output().expect("the binary starts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(bytes(&project.path(ran.stdout.trim())), own);
}

#[test]
fn a_frozen_spec_runs_from_where_it_lies_and_is_the_same_run() {
    let project = Project::new();
    let run = project.run();
    let spec = run.join("spec.toml");
    let ran = project.frostline(&["run", &spec.to_string_lossy()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(PathBuf::from(ran.stdout.trim()), run);
}
