//! Sweeps, as a user meets them: points, sharing, resumption, results.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::project::{Project, Ran, SPEC, file, lasting, signal};

/// Four points of the top, no fine-tuning.
const GRID: &str = "[sweep]\n[sweep.space]\n\"top.dropout\" = [0.3, 0.6]\n\"top.optimizer.lr\" = [1e-3, 1e-2]\n";

pub fn top_only(sweep: &str) -> String {
    let top = SPEC.split("[fine_tune]").next().expect("the spec has a top");
    format!("{top}{sweep}")
}

pub fn sweep(project: &Project, arguments: &[&str]) -> Ran {
    project.frostline(&[&["sweep", "experiments/a.toml"], arguments].concat())
}

/// The folder of the only sweep.
pub fn folder(runs: &Path) -> PathBuf {
    let list = std::fs::read_dir(runs.join("a/sweeps")).expect("there are sweeps");
    let mut folders: Vec<PathBuf> =
        list.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.pop().expect("a sweep")
}

/// `trials.csv` as columns and rows.
pub struct Trials {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Trials {
    fn read(folder: &Path) -> Self {
        let mut reader = csv::Reader::from_path(folder.join("trials.csv")).expect("there are results");
        let columns = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let row = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
        Self { columns, rows: reader.records().map(|record| row(record.expect("a row"))).collect() }
    }

    pub fn column(&self, name: &str) -> Vec<&str> {
        let at = self.columns.iter().position(|column| column == name).expect(name);
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    /// Everything but how long it took.
    pub fn without_seconds(&self) -> Vec<Vec<&str>> {
        self.columns.iter().filter(|column| *column != "seconds").map(|column| self.column(column)).collect()
    }
}

pub fn trials(project: &Project, runs: &str) -> Trials {
    Trials::read(&folder(&project.path(runs)))
}

#[test]
fn a_grid_runs_every_point_once_and_again_computes_nothing() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let first = trials(&project, "runs");
    assert_eq!(first.column("state"), ["done"; 4]);
    assert_eq!(first.column("top.dropout"), ["0.3", "0.3", "0.6", "0.6"]);
    assert!(ran.stderr.contains("bottleneck: once for 4 runs"), "{}", ran.stderr);
    let again = sweep(&project, &[]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("4 points, 4 done"), "{}", again.stderr);
    assert_eq!(trials(&project, "runs").without_seconds(), first.without_seconds());
}

#[test]
fn one_job_and_two_give_the_same_trials_and_the_same_bytes() {
    let project = Project::new();
    for strategy in ["grid", "random"] {
        let head = format!("[sweep]\nstrategy = \"{strategy}\"\ntrials = 5\nseed = 7\nrepeats = 2\n");
        project.spec(&top_only(&GRID.replace("[sweep]\n", &head)));
        let names = ["1", "2"].map(|jobs| {
            let runs = format!("{strategy}{jobs}");
            let ran = sweep(&project, &["--jobs", jobs, "--runs", &runs, "--threads", "2"]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            runs
        });
        let both = names.clone().map(|runs| trials(&project, &runs));
        assert_eq!(both[0].without_seconds(), both[1].without_seconds());
        for id in both[0].column("runs").iter().flat_map(|ids| ids.split(' ')) {
            let bytes = names
                .clone()
                .map(|runs| std::fs::read(project.path(&runs).join("a").join(id).join("metrics.csv")).expect("a run"));
            assert!(bytes[0] == bytes[1], "{id}");
        }
    }
}

#[test]
fn a_dry_run_counts_what_is_shared_and_changes_nothing() {
    let project = Project::new();
    project.spec(&format!(
        "{SPEC}[sweep.space]\n\"fine_tune.optimizer.lr\" = [1e-5, 1e-4, 1e-3]\n\"top.dropout\" = [0.3, 0.5]\n"
    ));
    let ran = sweep(&project, &["--dry-run"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains(
            "6 points, 6 runs, 0 done; distinct extractions: 1 (1 to compute), top trainings: 2 (2 to compute)"
        ),
        "{}",
        ran.stdout
    );
    assert!(!project.path("runs").exists());
}

#[test]
fn points_that_share_a_top_train_it_once() {
    let project = Project::new();
    project.spec(&format!("{SPEC}[sweep.space]\n\"fine_tune.optimizer.lr\" = [1e-5, 1e-4, 1e-3]\n"));
    let ran = sweep(&project, &["--jobs", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let begun = ran.stderr.matches("top: running").count();
    assert_eq!(begun, 1, "{}", ran.stderr);
    let trials = trials(&project, "runs");
    for id in trials.column("runs") {
        let summary = std::fs::read_to_string(project.path("runs/a").join(id).join("summary.json")).expect("a summary");
        let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
        let origins: Vec<&str> =
            (0..3).map(|at| summary["stages"][at]["origin"].as_str().expect("an origin")).collect();
        assert_eq!(origins, ["cached", "cached", "computed"]);
    }
}

#[test]
fn the_best_point_is_an_experiment_that_is_done() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let best = folder(&project.path("runs")).join("best.toml");
    let again = project.frostline(&["run", &best.to_string_lossy()]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("already done"), "{}", again.stderr);
    let trials = trials(&project, "runs");
    let rank = trials.column("rank").iter().position(|rank| *rank == "1").expect("a first");
    assert!(again.stdout.trim().ends_with(trials.column("runs")[rank]), "{}", again.stdout);
    let importance =
        std::fs::read_to_string(folder(&project.path("runs")).join("importance.csv")).expect("importances");
    assert!(importance.starts_with("key,importance,explained,groups,points,best,best_mean\n"), "{importance}");
}

#[test]
fn a_wider_space_keeps_the_points_that_are_done() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    assert_eq!(sweep(&project, &[]).code, 0);
    project.spec(&top_only(&GRID.replace("[0.3, 0.6]", "[0.3, 0.6, 0.9]")));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("6 points, 4 done"), "{}", ran.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["done"; 6]);
}

#[test]
fn a_diverged_point_stops_no_other_and_the_sweep_says_so() {
    let project = Project::new();
    project.spec(&top_only(
        "[sweep.space]\n\"top.optimizer\" = [{ kind = \"sgd\", lr = 1e30 }, { kind = \"sgd\", lr = 1e-2 }]\n",
    ));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["diverged", "done"]);
    assert_eq!(trials(&project, "runs").column("repeats"), ["0", "1"], "a run that diverged did not come to its end");
    let again = sweep(&project, &[]);
    assert_eq!((again.code, again.stderr.contains("diverged in")), (6, false), "{}", again.stderr);
    let retried = sweep(&project, &["--retry", "diverged"]);
    assert!(retried.code == 6 && retried.stderr.contains("diverged in"), "{}", retried.stderr);
}

#[test]
fn fail_fast_leaves_the_rest() {
    let project = Project::new();
    project.spec(&top_only(
        "[sweep.space]\n\"top.optimizer\" = [{ kind = \"sgd\", lr = 1e30 }, { kind = \"sgd\", lr = 1e-2 }]\n",
    ));
    let ran = sweep(&project, &["--fail-fast"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["diverged", "missing"]);
}

#[test]
fn an_invalid_point_keeps_all_of_them_from_starting() {
    let project = Project::new();
    project.spec(&top_only("[sweep.space]\n\"top.schedule\" = [{ kind = \"one_cycle\", max_lr = 1e-1, warmup = 0.3 }]\n\"top.optimizer.lr\" = [2.0, 1e30]\n\"top.batch_size\" = [0]\n"));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(!project.path("runs").exists());
}

#[test]
fn tpe_with_one_job_chooses_the_same_points_every_time() {
    let project = Project::new();
    project.spec(&top_only("[sweep]\nstrategy = \"tpe\"\ntrials = 10\n[sweep.space]\n\"top.dropout\" = { uniform = [0.0, 0.9] }\n\"top.optimizer.lr\" = { log_uniform = [1e-5, 1e-1] }\n"));
    for runs in ["one", "other"] {
        let ran = sweep(&project, &["--runs", runs]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let (one, other) = (trials(&project, "one"), trials(&project, "other"));
    assert_eq!(one.rows.len(), 10);
    assert_eq!(one.without_seconds(), other.without_seconds());
}

#[test]
fn asha_prunes_and_says_so() {
    let project = Project::new();
    let spec = top_only(
        "[sweep.space]\n\"top.optimizer.lr\" = [1e-1, 1e-2, 1e-6, 1e-7]\n[sweep.pruner]\nkind = \"asha\"\nmin_epochs = 2\nreduction = 2\n",
    );
    project.spec(&spec.replace("epochs = 3", "epochs = 6"));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let first = trials(&project, "runs");
    assert!(first.column("state").contains(&"pruned"), "{:?}", first.column("state"));
    assert!(first.column("epochs").contains(&"2"), "{:?}", first.column("epochs"));
    assert_eq!(sweep(&project, &[]).code, 0);
    assert_eq!(trials(&project, "runs").without_seconds(), first.without_seconds());
    let retried = sweep(&project, &["--retry", "pruned"]);
    assert_eq!(retried.code, 0, "{}", retried.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["done"; 4]);
}

/// How many deaths to try: a few, or as many as the proof asks for.
fn deaths() -> u64 {
    match std::env::var("FROSTLINE_PROOF").as_deref() {
        Ok("full") => 20,
        _ => 4,
    }
}

/// Kills the sweep at operations on the disk that are spread over its whole work, and lets it go on each time.
fn survives_deaths(spec: &str) {
    let project = Project::new();
    project.spec(spec);
    assert_eq!(sweep(&project, &["--runs", "whole"]).code, 0);
    let whole = trials(&project, "whole");
    for death in 0..deaths() {
        let runs = format!("killed{death}");
        // Primes, so that the instants fall on different operations; the sweep has some hundreds.
        let nth = 11 + (death * 7919) % 421;
        let mut command = project.command(&["sweep", "experiments/a.toml", "--runs", &runs]);
        let killed = Ran::of(command.env("FROSTLINE_FAULT", format!("any:{nth}:die")).output().expect("it starts"));
        let resumed = sweep(&project, &["--runs", &runs]);
        assert_eq!(resumed.code, 0, "killed at operation {nth} (exit {}): {}", killed.code, resumed.stderr);
        let after = trials(&project, &runs);
        assert_eq!(after.without_seconds(), whole.without_seconds(), "killed at operation {nth}");
        eprintln!("operation {nth}: exit {}", killed.code);
    }
}

#[test]
fn killed_anywhere_and_run_again_a_sweep_ends_in_the_same_trials() {
    survives_deaths(&top_only(GRID));
}

#[test]
fn killed_anywhere_and_run_again_a_pruned_sweep_ends_in_the_same_trials() {
    let pruner = "[sweep.pruner]\nkind = \"asha\"\nmin_epochs = 1\nreduction = 2\n";
    survives_deaths(&top_only(&format!("{GRID}{pruner}")));
}

#[test]
fn one_frozen_point_runs_by_itself_whatever_became_of_the_file() {
    let project = Project::new();
    project.spec(&top_only(&GRID.replace("[sweep]\n", "[sweep]\nrepeats = 2\n")));
    let ran = sweep(&project, &["--fail-fast", "--jobs", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let whole = trials(&project, "runs");
    let dir = folder(&project.path("runs"));
    std::fs::remove_dir_all(project.path("runs/a").join(whole.column("runs")[2].split(' ').next().expect("an id")))
        .expect("a run can be removed");
    project.spec("nonsense");
    let dir = dir.to_string_lossy();
    let results = project.frostline(&["sweep-task", &dir, "--results"]);
    assert_eq!(results.code, 0, "{}", results.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["done", "done", "missing", "done"]);
    let task = project.frostline(&["sweep-task", &dir, "--point", "3"]);
    assert_eq!(task.code, 0, "{}", task.stderr);
    assert_eq!(project.frostline(&["sweep-task", &dir, "--results"]).code, 0);
    assert_eq!(trials(&project, "runs").without_seconds(), whole.without_seconds());
    let none = project.frostline(&["sweep-task", &dir, "--point", "9"]);
    assert!(none.code == 2 && none.stderr.contains("there is no point 9"), "{}", none.stderr);
}

#[test]
fn a_sweep_that_is_stopped_goes_on_to_the_results_of_one_that_was_not() {
    let project = Project::new();
    project.spec(&lasting(&top_only(GRID).replace("epochs = 3", "epochs = 300")));
    assert_eq!(sweep(&project, &["--runs", "whole"]).code, 0);
    let mut command = project.command(&["sweep", "experiments/a.toml", "--runs", "stopped", "--jobs", "2"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut told: Vec<String> = Vec::new();
    for line in lines.map_while(Result::ok) {
        if line.starts_with("point") && !told.iter().any(|line| line.starts_with("point")) {
            signal(&child, "INT");
        }
        told.push(line);
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{told:#?}");
    let states = trials(&project, "stopped");
    // On a loaded machine the other run may be done too by the time the signal comes.
    assert!(states.column("state").iter().any(|state| *state != "done"), "{told:#?}");
    let again = sweep(&project, &["--runs", "stopped"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let both = ["stopped", "whole"].map(|runs| trials(&project, runs));
    assert_eq!(both[0].without_seconds(), both[1].without_seconds());
}

#[test]
fn two_processes_at_once_end_in_the_trials_of_one_with_each_run_done_once() {
    let project = Project::new();
    let grid = GRID.replace("[sweep]\n", "[sweep]\nrepeats = 2\n");
    project.spec(&top_only(&grid).replace("epochs = 3", "epochs = 40"));
    assert_eq!(sweep(&project, &["--runs", "alone"]).code, 0);
    let start = || {
        let mut command = project.command(&["sweep", "experiments/a.toml"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
    };
    for child in [start(), start()] {
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let (both, alone) = (trials(&project, "runs"), trials(&project, "alone"));
    assert_eq!(both.without_seconds(), alone.without_seconds());
    let ids: Vec<&str> = both.column("runs").into_iter().flat_map(|ids| ids.split(' ')).collect();
    assert_eq!(ids.len(), 8);
    for id in ids {
        let status = String::from_utf8(file(&project.path("runs/a").join(id), "status.json")).expect("text");
        assert!(status.contains("\"resumed\": 0"), "{id}: {status}");
    }
}

#[test]
fn more_trials_keep_those_that_are_done() {
    let project = Project::new();
    let space = "[sweep.space]\n\"top.dropout\" = { uniform = [0.1, 0.9] }\n";
    for strategy in ["random", "tpe"] {
        let spec =
            |trials| top_only(&format!("[sweep]\nstrategy = \"{strategy}\"\ntrials = {trials}\nseed = 3\n{space}"));
        let values = [3, 5].map(|count| {
            project.spec(&spec(count));
            let ran = sweep(&project, &["--runs", strategy]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let done = if count == 3 { "3 points, 0 done" } else { "5 points, 3 done" };
            assert!(ran.stderr.contains(done), "{}", ran.stderr);
            let trials = trials(&project, strategy);
            trials.column("top.dropout").into_iter().map(str::to_owned).collect::<Vec<_>>()
        });
        assert_eq!((values[0].len(), values[1].len()), (3, 5));
        assert_eq!(values[0], values[1][..3], "{strategy}");
    }
}

#[test]
fn a_median_pruner_ends_what_is_worse_than_most() {
    let project = Project::new();
    // The first four learn; the last, with a learning rate of next to nothing, stays behind them.
    let space = "\"top.optimizer.lr\" = [1e-2, 8e-3, 6e-3, 4e-3, 1e-9]\n";
    let pruner = "[sweep.pruner]\nkind = \"median\"\nwarmup_epochs = 2\nstartup_trials = 3\n";
    project.spec(
        &top_only(&format!("[sweep]\nobjective = \"val_loss\"\n{pruner}[sweep.space]\n{space}"))
            .replace("epochs = 3", "epochs = 12"),
    );
    let ran = sweep(&project, &["--jobs", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let states = trials(&project, "runs");
    assert_eq!(states.column("state")[4], "pruned", "{}", ran.stderr);
    assert!(states.column("state")[..3].iter().all(|state| *state == "done"), "{}", ran.stderr);
}

#[test]
fn a_dry_run_counts_only_what_would_run() {
    let project = Project::new();
    project.spec(&top_only(
        "[sweep.space]\n\"top.optimizer\" = [{ kind = \"sgd\", lr = 1e30 }, { kind = \"sgd\", lr = 1e-2 }]\n",
    ));
    assert_eq!(sweep(&project, &[]).code, 6);
    let rest = sweep(&project, &["--dry-run"]);
    assert!(
        rest.stdout.contains("1 done; distinct extractions: 0 (0 to compute), top trainings: 0"),
        "{}",
        rest.stdout
    );
    assert!(rest.stdout.trim_end().ends_with("about 0 s"), "{}", rest.stdout);
    let retried = sweep(&project, &["--dry-run", "--retry", "diverged"]);
    assert!(
        retried.stdout.contains("1 done; distinct extractions: 1 (0 to compute), top trainings: 1"),
        "{}",
        retried.stdout
    );
}

#[test]
fn options_of_the_other_launcher_are_refused() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    let slurm: [&[&str]; 9] = [
        &["--partition", "gpu"],
        &["--time", "1:00:00"],
        &["--cpus", "1"],
        &["--gpus", "1"],
        &["--mem", "8G"],
        &["--array-limit", "2"],
        &["--signal", "120"],
        &["--template", "site.sbatch"],
        &["--", "--account=lab"],
    ];
    for options in slurm {
        let ran = sweep(&project, options);
        let told = format!("error: `{}` is for the jobs of a cluster", options[0]);
        assert!(ran.code == 2 && ran.stderr.starts_with(&told), "{options:?}: {} {}", ran.code, ran.stderr);
        assert!(ran.stderr.contains("hint: add `--launcher slurm`"), "{}", ran.stderr);
    }
    for options in [&["--jobs", "2"][..], &["--fail-fast"]] {
        let ran = sweep(&project, &[&["--launcher", "slurm"], options].concat());
        let told = format!("error: `{}` is for points that this process runs", options[0]);
        assert!(ran.code == 2 && ran.stderr.starts_with(&told), "{options:?}: {} {}", ran.code, ran.stderr);
    }
    assert!(!project.path("runs").exists());
}

#[test]
fn as_many_jobs_as_there_are_points_suffice() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    for jobs in ["0", "1025"] {
        assert_eq!(sweep(&project, &["--jobs", jobs]).code, 2);
    }
    let ran = sweep(&project, &["--jobs", "1024"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["done"; 4]);
}

#[test]
fn a_space_with_fewer_points_than_trials_is_said_to_be_exhausted() {
    let project = Project::new();
    for strategy in ["random", "tpe"] {
        let head = format!("[sweep]\nstrategy = \"{strategy}\"\ntrials = 20\n");
        project.spec(&top_only(&format!("{head}[sweep.space]\n\"top.dropout\" = [0.3, 0.6]\n")));
        let ran = sweep(&project, &["--runs", strategy, "--jobs", "2"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let told = "no more than 2 different points were found in the space, of 20 trials";
        assert_eq!(ran.stderr.matches(told).count(), 1, "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("2 points, 0 done"), strategy == "random", "{}", ran.stderr);
        assert_eq!(trials(&project, strategy).rows.len(), 2);
    }
}

#[test]
fn a_sweep_without_a_finished_run_has_results_and_no_best_point() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    assert_eq!(sweep(&project, &["--freeze"]).code, 0);
    let dir = folder(&project.path("runs"));
    let results = || assert_eq!(project.frostline(&["sweep-task", &dir.to_string_lossy(), "--results"]).code, 0);
    results();
    let empty = trials(&project, "runs");
    assert_eq!((empty.column("state"), empty.column("repeats")), (vec!["missing"; 4], vec!["0"; 4]));
    assert_eq!((empty.column("rank"), empty.column("best_val_accuracy_mean")), (vec!["NA"; 4], vec!["NA"; 4]));
    assert!(!dir.join("best.toml").exists());
    assert_eq!(sweep(&project, &[]).code, 0);
    assert!(dir.join("best.toml").exists());
    for id in trials(&project, "runs").column("runs") {
        std::fs::remove_dir_all(project.path("runs/a").join(id)).expect("a run can be removed");
    }
    results();
    assert_eq!(trials(&project, "runs").without_seconds(), empty.without_seconds());
    assert!(!dir.join("best.toml").exists(), "there is no best point any more");
}

#[test]
fn exclusions_pairs_and_repeats_go_together() {
    let project = Project::new();
    project.spec(&top_only(
        "[sweep]\nrepeats = 2\n[sweep.space]\n\"top.dropout\" = [0.3, 0.6]\n\
         [[sweep.zip]]\n\"top.batch_size\" = [2, 4]\n\"top.epochs\" = [2, 3]\n\
         [[sweep.exclude]]\n\"top.dropout\" = 0.6\n\"top.epochs\" = 3\n",
    ));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let trials = trials(&project, "runs");
    assert_eq!(trials.column("top.dropout"), ["0.3", "0.3", "0.6"]);
    assert_eq!(trials.column("top.batch_size"), ["2", "4", "2"]);
    assert_eq!(trials.column("top.epochs"), ["2", "3", "2"]);
    assert_eq!((trials.column("repeats"), trials.column("epochs")), (vec!["2"; 3], vec!["4", "6", "4"]));
    assert!(trials.column("runs").iter().all(|runs| runs.split(' ').count() == 2), "{:?}", trials.column("runs"));
}

#[test]
fn an_edit_of_the_file_does_not_reach_points_that_wait() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    assert_eq!(sweep(&project, &["--runs", "whole"]).code, 0);
    let mut command = project.command(&["sweep", "experiments/a.toml", "--runs", "edited", "--jobs", "1"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut told: Vec<String> = Vec::new();
    for line in lines.map_while(Result::ok) {
        if told.is_empty() {
            project.spec(&top_only(GRID).replace("epochs = 3", "epochs = 5").replace("hidden = [8]", "hidden = [4]"));
        }
        told.push(line);
    }
    assert!(child.wait().expect("it ends").success(), "{told:#?}");
    let both = ["edited", "whole"].map(|runs| trials(&project, runs));
    assert_eq!(both[0].without_seconds(), both[1].without_seconds());
}

#[test]
fn a_sweep_of_tops_computes_each_feature_once_and_trains_each_top_once() {
    let project = Project::new();
    project.spec(&top_only(GRID));
    let ran = sweep(&project, &["--jobs", "2"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("bottleneck: running").count(), 1, "{}", ran.stderr);
    for id in trials(&project, "runs").column("runs") {
        let summary = std::fs::read_to_string(project.path("runs/a").join(id).join("summary.json")).expect("a summary");
        let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
        let origins = [0, 1].map(|at| summary["stages"][at]["origin"].as_str().expect("an origin").to_owned());
        assert_eq!(origins, ["cached", "computed"]);
    }
}

#[test]
fn the_best_run_goes_by_the_objective_of_the_latest_sweep_and_a_single_seed_is_said_to_be_one() {
    let project = Project::new();
    project.spec(&top_only(&GRID.replace("[sweep]\n", "[sweep]\nrepeats = 2\nobjective = \"val_loss\"\n")));
    assert_eq!(sweep(&project, &[]).code, 0);
    let by = |objective: &[&str]| project.frostline(&[&["best", "a", "--format", "csv"], objective].concat());
    let (usual, loss) = (by(&[]), by(&["--objective", "val_loss"]));
    assert_eq!((usual.code, &usual.stdout), (0, &loss.stdout), "{}", usual.stderr);
    assert!(usual.stderr.contains("by val_loss, the objective of its latest sweep"), "{}", usual.stderr);
    assert!(!loss.stderr.contains("latest sweep"), "{}", loss.stderr);
    for ran in [usual, loss] {
        assert!(ran.stderr.contains("this is one of 2 seeds of point "), "{}", ran.stderr);
    }
}
