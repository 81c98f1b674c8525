//! `cache list`, `cache verify`, `cache gc`.

use std::path::PathBuf;

use serde_json::Value;

use crate::project::{Project, Ran, SPEC};

fn rows(ran: &Ran) -> Vec<Value> {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
}

fn list(project: &Project) -> Vec<Value> {
    let ran = project.frostline(&["cache", "list", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    rows(&ran)
}

fn keys(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["key"].as_str().expect("a key").to_owned()).collect()
}

/// The files of the cache that hold results.
fn stored(project: &Project) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(project.path("runs/.cache")).expect("there is a cache");
    let folders = folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).expect("it can be listed"));
    let paths = files.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "shelf" || it == "state")).collect();
    paths.sort();
    paths
}

fn flip(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).expect("it can be read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(path, bytes).expect("it can be written");
}

#[test]
fn a_list_says_what_is_stored_and_which_runs_use_it() {
    let project = Project::new();
    assert_eq!(list(&project), Vec::<Value>::new());
    let run = project.run();
    let rows = list(&project);
    assert_eq!(rows.len(), 4, "features, activations at the cut, top, fine-tuning: {rows:#?}");
    let label = format!("a/{}", run.file_name().expect("an id").to_string_lossy());
    for row in &rows {
        assert_eq!(row["runs"].as_str(), Some(label.as_str()), "{row}");
        assert_eq!(row["in_use"], "no");
        assert!(row["bytes"].as_u64().expect("a count") > 100, "{row}");
        assert!(row["last_used"].as_str().is_some_and(|moment| moment.ends_with('Z')), "{row}");
    }
    let whats: Vec<&str> = rows.iter().map(|row| row["what"].as_str().expect("a text")).collect();
    for expected in [
        "activations of 24 images, after convolution 13, 32 px, unit",
        "activations of 8 images, after convolution 11, 32 px, unit",
        "training, 3 epochs, 32 px, unit",
        "training, 2 epochs, 32 px, unit",
    ] {
        assert!(whats.contains(&expected), "`{expected}`: {whats:?}");
    }
    let table = project.frostline(&["cache", "list"]).stdout;
    assert!(table.contains("activations-") && table.contains(" kB"), "{table}");
}

#[test]
fn a_whole_cache_is_verified_without_a_word_on_stdout() {
    let project = Project::new();
    project.run();
    let ran = project.frostline(&["cache", "verify", "--format", "csv"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "key,file,problem,kind\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("4 entries"), "{}", ran.stderr);
}

#[test]
fn damage_exits_with_four_is_repaired_and_computed_again_with_the_same_bytes() {
    let project = Project::new();
    let run = project.run();
    let metrics = crate::project::file(&run, "metrics.csv");
    let files = stored(&project);
    assert_eq!(files.len(), 4, "{files:?}");
    files.iter().for_each(|path| flip(path));
    let found = project.frostline(&["cache", "verify", "--format", "json"]);
    assert_eq!(found.code, 4, "{}", found.stderr);
    assert!(found.stderr.contains("4 problems"), "{}", found.stderr);
    let damaged: std::collections::BTreeSet<String> = keys(&rows(&found)).into_iter().collect();
    assert_eq!(damaged.len(), 4, "{}", found.stdout);
    let repaired = project.frostline(&["cache", "verify", "--repair"]);
    assert_eq!(repaired.code, 0, "{}", repaired.stderr);
    assert_eq!(project.frostline(&["cache", "verify"]).code, 0);
    let again = project.frostline(&["run", "experiments/a.toml", "--set", "name=b"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(crate::project::file(std::path::Path::new(again.stdout.trim()), "metrics.csv"), metrics);
}

#[test]
fn an_empty_entry_is_no_damage_and_goes_with_a_repair_or_a_collection() {
    let project = Project::new();
    project.run();
    let name = format!("top-{}", "0".repeat(64));
    let empty = project.path("runs/.cache").join(&name);
    for clearing in [["cache", "verify", "--repair"], ["cache", "gc", "--yes"]] {
        std::fs::create_dir(&empty).expect("it can be made");
        let ran = project.frostline(&["cache", "verify", "--format", "csv"]);
        let expected = format!(
            "key,file,problem,kind\n{name},{name},nothing is in it: its writer was stopped before the first write,unfinished\n"
        );
        assert_eq!((ran.code, ran.stdout), (0, expected), "{}", ran.stderr);
        assert!(ran.stderr.contains("5 entries") && ran.stderr.contains("0 problems"), "{}", ran.stderr);
        let cleared = project.frostline(&clearing);
        assert_eq!((cleared.code, empty.exists(), list(&project).len()), (0, false, 4), "{}", cleared.stderr);
    }
}

#[test]
fn one_damaged_file_is_one_problem() {
    let project = Project::new();
    project.run();
    let state = stored(&project).into_iter().find(|path| path.extension().is_some_and(|it| it == "state"));
    flip(&state.expect("a training"));
    let ran = project.frostline(&["cache", "verify"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains(", 1 problem\n"), "{}", ran.stderr);
}

#[test]
fn a_run_warns_of_damage_and_computes_the_same_bytes() {
    let project = Project::new();
    let metrics = crate::project::file(&project.run(), "metrics.csv");
    stored(&project).iter().for_each(|path| flip(path));
    let again = project.frostline(&["run", "experiments/a.toml", "--set", "name=b"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("warning: not using `"), "{}", again.stderr);
    assert_eq!(crate::project::file(std::path::Path::new(again.stdout.trim()), "metrics.csv"), metrics);
}

#[test]
fn what_runs_used_and_experiments_would_use_stays() {
    let project = Project::new();
    project.run();
    let ran = project.frostline(&["cache", "gc", "--yes", "--format", "json"]);
    assert_eq!((ran.code, rows(&ran).len()), (0, 0), "{}{}", ran.stdout, ran.stderr);
    std::fs::remove_dir_all(project.path("runs/a")).expect("the runs can be removed");
    assert_eq!(rows(&project.frostline(&["cache", "gc", "--format", "json"])).len(), 0, "the experiment needs them");
    project.edit("epochs = 2", "epochs = 2\ndropout = 0.1");
    let changed = rows(&project.frostline(&["cache", "gc", "--format", "json"]));
    assert_eq!(changed.len(), 1, "only the old fine-tuning: {changed:#?}");
    assert_eq!(changed[0]["why"], "no run and no experiment needs it");
}

#[test]
fn what_points_of_a_sweep_share_stays_before_any_of_them_has_run() {
    let project = Project::new();
    let space = "[sweep.space]\n\"data.target_size\" = [32, 40]\n";
    project.spec(&format!("{}{space}", SPEC.split("[fine_tune]").next().expect("the spec has a top")));
    let frozen = project.frostline(&["sweep", "experiments/a.toml", "--freeze"]);
    assert_eq!(frozen.code, 0, "{}", frozen.stderr);
    let dir = frozen.stdout.trim();
    // The experiment itself has images of 32 pixels; those of 40 are the second point's alone.
    let warmed = project.frostline(&["sweep-task", dir, "--point", "2", "--shared", "bottleneck"]);
    assert_eq!((warmed.code, list(&project).len()), (0, 1), "{}", warmed.stderr);
    let kept = project.frostline(&["cache", "gc", "--yes"]);
    assert_eq!((kept.code, list(&project).len()), (0, 1), "{}{}", kept.stdout, kept.stderr);
    std::fs::remove_dir_all(dir).expect("the sweep can be removed");
    let gone = project.frostline(&["cache", "gc", "--yes"]);
    assert_eq!((gone.code, list(&project).len()), (0, 0), "{}", gone.stderr);
}

#[test]
fn a_list_of_inputs_that_is_damaged_costs_no_data() {
    let project = Project::new();
    let run = project.run();
    let metrics = crate::project::file(&run, "metrics.csv");
    let files = stored(&project);
    let lists: Vec<PathBuf> = files.iter().map(|path| path.with_file_name("inputs.json")).collect();
    lists.iter().for_each(|path| std::fs::write(path, "{").expect("it can be written"));
    let repaired = project.frostline(&["cache", "verify", "--repair"]);
    assert_eq!(repaired.code, 0, "{}", repaired.stderr);
    assert_eq!(stored(&project), files);
    let verified = project.frostline(&["cache", "verify", "--format", "csv"]);
    assert_eq!(
        (verified.code, verified.stdout.matches("is missing: the next run").count()),
        (0, 4),
        "{}",
        verified.stdout
    );
    let again = project.frostline(&["run", "experiments/a.toml", "--set", "name=b"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(crate::project::file(std::path::Path::new(again.stdout.trim()), "metrics.csv"), metrics);
    assert!(lists.iter().all(|path| path.exists()), "{lists:?}");
    let verified = project.frostline(&["cache", "verify", "--format", "csv"]);
    assert_eq!((verified.code, verified.stdout.as_str()), (0, "key,file,problem,kind\n"), "{}", verified.stderr);
}

#[test]
fn a_damaged_version_of_the_cache_is_said_when_it_is_verified() {
    let project = Project::new();
    project.run();
    flip(&project.path("runs/.cache/version"));
    let verified = project.frostline(&["cache", "verify"]);
    assert!(
        verified.stderr.contains("warning: not using `") && verified.stderr.contains("version"),
        "{}",
        verified.stderr
    );
}

#[test]
fn a_collection_is_dry_unless_told_otherwise() {
    let project = Project::new();
    project.run();
    std::fs::remove_dir_all(project.path("runs/a")).expect("the runs can be removed");
    std::fs::remove_file(project.path("experiments/a.toml")).expect("the experiment can be removed");
    let dry = project.frostline(&["cache", "gc", "--format", "json"]);
    assert_eq!((dry.code, rows(&dry).len(), list(&project).len()), (0, 4, 4), "{}", dry.stderr);
    assert!(dry.stderr.contains("--yes"), "{}", dry.stderr);
    let done = project.frostline(&["cache", "gc", "--yes"]);
    assert_eq!((done.code, list(&project).len()), (0, 0), "{}", done.stderr);
    assert_eq!(project.frostline(&["cache", "verify"]).code, 0);
}

#[test]
fn size_and_age_take_what_is_needed_too() {
    let project = Project::new();
    project.run();
    let young = project.frostline(&["cache", "gc", "--older-than", "1h", "--format", "json"]);
    assert_eq!(rows(&young).len(), 0);
    let old = project.frostline(&["cache", "gc", "--older-than", "0s", "--format", "json"]);
    assert_eq!(rows(&old).len(), 4, "{}", old.stdout);
    let small = project.frostline(&["cache", "gc", "--max-size", "0", "--yes"]);
    assert_eq!((small.code, list(&project).len()), (0, 0), "{}", small.stderr);
    let wrong = project.frostline(&["cache", "gc", "--max-size", "many"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("expected a size such as"), "{}", wrong.stderr);
}

#[test]
fn a_broken_experiment_is_named_before_anything_goes() {
    let project = Project::new();
    project.run();
    std::fs::remove_dir_all(project.path("runs/a")).expect("the runs can be removed");
    project.spec(&SPEC.replace("hidden", "hiden"));
    let ran = project.frostline(&["cache", "gc", "--format", "json"]);
    assert_eq!((ran.code, rows(&ran).len()), (0, 4));
    assert!(ran.stderr.contains("a.toml") && ran.stderr.contains("counts as not needed"), "{}", ran.stderr);
}

#[test]
fn a_fault_plan_that_is_none_is_a_usage_error() {
    let project = Project::new();
    let ran = Ran::of(project.command(&["ls"]).env("FROSTLINE_FAULT", "now").output().expect("the binary starts"));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("write:3:ENOSPC"), "{}", ran.stderr);
}
