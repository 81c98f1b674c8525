//! `frostline watch --sweep`: an edit of `[sweep]` runs what is missing of it.

use crate::project::{Project, SPEC};
use crate::watched::Watch;

fn with_sweep(dropouts: &str) -> String {
    let top = SPEC.split("[fine_tune]").next().expect("the spec has a top");
    format!("{top}[sweep.space]\n\"top.dropout\" = [{dropouts}]\n")
}

#[test]
fn an_edit_of_the_sweep_runs_the_points_that_are_missing() {
    let project = Project::new();
    project.spec(&with_sweep("0.3, 0.6"));
    let watch = Watch::start(&project, &["--sweep"]);
    let events = watch.until("a", "ended");
    let frozen = |events: &[serde_json::Value]| {
        let event = events.iter().find(|event| event["sweep_event"] == "frozen").expect("a sweep");
        (event["points"].as_u64(), event["done"].as_u64())
    };
    assert_eq!(frozen(&events), (Some(2), Some(0)));
    project.spec(&with_sweep("0.3, 0.6, 0.9"));
    let events = watch.until("a", "ended");
    let changed = events.iter().find(|event| event["watch"] == "changed").expect("it changed");
    assert_eq!(changed["changes"][0], "its sweep");
    assert_eq!(frozen(&events), (Some(3), Some(2)));
    project.spec(&format!("# a remark\n{}", with_sweep("0.3, 0.6, 0.9")));
    watch.until("a", "unchanged");
    assert!(watch.quiet().is_empty(), "what frostline writes triggers nothing");
}

#[test]
fn without_the_option_an_experiment_runs_as_it_is_and_its_sweep_does_not_matter() {
    let project = Project::new();
    project.spec(&with_sweep("0.3, 0.6"));
    let watch = Watch::start(&project, &[]);
    let events = watch.until("a", "run_ended");
    assert!(events.iter().all(|event| event["watch"] != "sweep"), "{events:#?}");
    watch.until("a", "ended");
    project.spec(&with_sweep("0.3, 0.9"));
    watch.until("a", "unchanged");
}

#[test]
fn once_ends_with_the_sweep_and_tells_of_points_that_failed() {
    let project = Project::new();
    project.spec(&with_sweep("0.3, 0.6"));
    let ran = project.frostline(&["watch", "experiments", "--sweep", "--once"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("2 points, 0 done") && ran.stdout.contains("2 of 2 done"), "{}", ran.stdout);
    let sweep = "[sweep.space]\n\"top.optimizer\" = [{ kind = \"sgd\", lr = 1e30 }, { kind = \"sgd\", lr = 1e-2 }]\n";
    project.spec(&format!("{}{sweep}", SPEC.split("[fine_tune]").next().expect("a top")));
    let ran = project.frostline(&["watch", "experiments", "--sweep", "--once"]);
    assert_ne!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("not every run of the sweep is done: 1 diverged"), "{}", ran.stdout);
}
