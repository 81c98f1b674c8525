//! Pruners among repeats, and among points of earlier sweeps.

use crate::project::Project;
use crate::sweep::{folder, sweep, top_only, trials};

/// Learning rates of which the last ones get nowhere, under `asha`.
fn spec(rates: &str, repeats: u32) -> String {
    let sweep = format!("[sweep]\nobjective = \"val_loss\"\nrepeats = {repeats}\n");
    let pruner = "[sweep.pruner]\nkind = \"asha\"\nmin_epochs = 2\nreduction = 3\n";
    top_only(&format!("{sweep}{pruner}[sweep.space]\n\"top.optimizer.lr\" = {rates}\n"))
        .replace("epochs = 3", "epochs = 6")
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
fn a_wider_grid_prunes_its_first_new_bad_point_by_those_that_are_done() {
    let project = Project::new();
    project.spec(&spec("[1e-2]", 1));
    assert_eq!(sweep(&project, &[]).code, 0);
    project.spec(&spec("[1e-2, 1e-9]", 1));
    let ran = sweep(&project, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(trials(&project, "runs").column("state"), ["done", "pruned"], "{}", ran.stderr);
}
