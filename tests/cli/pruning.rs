//! Pruners among repeats, among points of earlier sweeps, and points that are done although they were pruned.

use crate::project::{Project, Ran};
use crate::sweep::{folder, sweep, top_only, trials};

/// Learning rates of which the last ones get nowhere, under `asha`.
fn spec(rates: &str, repeats: u32) -> String {
    let sweep = format!("[sweep]\nobjective = \"val_loss\"\nrepeats = {repeats}\n");
    let pruner = "[sweep.pruner]\nkind = \"asha\"\nmin_epochs = 2\nreduction = 3\n";
    top_only(&format!("{sweep}{pruner}[sweep.space]\n\"top.optimizer.lr\" = {rates}\n"))
        .replace("epochs = 3", "epochs = 6")
}

/// The states of all runs, by their numbers.
fn states(project: &Project) -> Vec<String> {
    let ran = project.frostline(&["ls", "--format", "json"]);
    let mut rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("JSON");
    rows.sort_by_key(|row| row["id"].to_string());
    rows.iter().map(|row| row["state"].as_str().expect("a state").to_owned()).collect()
}

#[test]
fn the_repeats_of_a_point_do_not_compete_so_that_there_is_a_winner() {
    let project = Project::new();
    project.spec(&spec("[1e-2, 1e-3, 1e-8, 1e-9]", 3));
    let ran = sweep(&project, &["--jobs", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let trials = trials(&project, "runs");
    let (states, ranks) = (trials.column("state"), trials.column("rank"));
    assert_eq!((states[0], ranks[0]), ("done", "1"), "{states:?} {ranks:?}");
    assert_eq!(&states[2..], ["pruned", "pruned"]);
    assert!(folder(&project.path("runs")).join("best.toml").exists());
    assert!(!ran.stderr.contains("ranked by those"), "{}", ran.stderr);
}

#[test]
fn where_no_point_has_all_repeats_done_the_best_of_the_others_wins_and_that_is_said() {
    let project = Project::new();
    project.spec(&spec("[1e-2, 1e-3]", 3));
    let frozen = sweep(&project, &["--freeze"]);
    assert_eq!(frozen.code, 0, "{}", frozen.stderr);
    let dir = frozen.stdout.trim();
    assert_eq!(project.frostline(&["sweep-task", dir, "--point", "0002-seed1"]).code, 0);
    let ran = project.frostline(&["sweep-task", dir, "--results"]);
    assert!(ran.stderr.contains("points are ranked by those that are"), "{}", ran.stderr);
    assert_eq!(trials(&project, "runs").column("rank"), ["NA", "1"]);
    let best = std::fs::read_to_string(folder(&project.path("runs")).join("best.toml")).expect("a winner");
    assert!(best.contains("0.001") || best.contains("1e-3"), "{best}");
}

#[test]
fn a_wider_grid_prunes_its_first_new_bad_point_by_those_that_are_done() {
    let project = Project::new();
    project.spec(&spec("[1e-2]", 1));
    assert_eq!(sweep(&project, &[]).code, 0);
    project.spec(&spec("[1e-2, 1e-9]", 1));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["done", "pruned"], "{}", ran.stderr);
}

#[test]
fn a_pruned_point_that_is_retried_comes_to_its_end_although_that_is_interrupted() {
    let project = Project::new();
    project.spec(&spec("[1e-2, 1e-9]", 1));
    assert_eq!(sweep(&project, &[]).code, 0);
    assert_eq!(states(&project), ["done", "pruned"]);
    let retry = ["sweep", "experiments/a.toml", "--retry", "pruned"];
    // Killed later and later, until it is so in the run.
    for nth in (5..).step_by(5) {
        let killed = project.command(&retry).env("FROSTLINE_FAULT", format!("any:{nth}:die")).output();
        let killed = Ran::of(killed.expect("the binary starts"));
        assert_ne!(killed.code, 0, "it came to its end before operation {nth}");
        if states(&project) == ["done", "interrupted"] {
            break;
        }
    }
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(states(&project), ["done", "done"]);
    let reached = std::fs::read_to_string(folder(&project.path("runs")).join("reached/0002-seed0.csv"));
    let reached = reached.expect("a record");
    assert!(reached.trim_end().ends_with(",end") && !reached.contains("stop"), "{reached}");
}
