//! What a run leaves for people to look at, and the verbs that show it.

use std::path::Path;

use crate::project::{Project, SPEC, file};

fn text(run: &Path, name: &str) -> String {
    String::from_utf8(file(run, name)).expect("the file is text")
}

fn files(run: &Path) -> Vec<String> {
    let names = std::fs::read_dir(run).expect("a run is a folder").map(|entry| entry.expect("an entry").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn a_run_leaves_curves_confusion_a_page_and_events() {
    let (_project, run) = Project::new().run_here();
    assert!(text(&run, "curves.svg").contains("<svg") && text(&run, "confusion.svg").contains("blue"));
    let page = text(&run, "report.html");
    assert!(page.contains("taken for") && page.len() < 2_000_000);
    // Sixteen doubts or mistakes at most of eight validation images; eight training images as they are and in two epochs.
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), 8 + 8 * 3);
    assert!(files(&run).iter().any(|name| name.starts_with("events.out.tfevents.")));
}

#[test]
fn a_report_that_is_missing_is_written_by_the_next_run() {
    let (project, run) = Project::new().run_here();
    let before = text(&run, "report.html");
    std::fs::remove_file(run.join("report.html")).expect("it goes");
    project.run();
    assert_eq!(text(&run, "report.html"), before);
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_the_run_is_done_all_the_same() {
    let (project, run) = Project::new().run_here();
    std::fs::remove_file(run.join("curves.svg")).expect("it goes");
    std::fs::create_dir_all(run.join("curves.svg/in-the-way")).expect("the folder can be made");
    let ran = project.frostline(&["run", "experiments/a.toml"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("curves.svg") && ran.stderr.contains("the run itself is done"), "{}", ran.stderr);
    assert!(project.frostline(&["ls"]).stdout.contains("done"));
    std::fs::remove_dir_all(run.join("curves.svg")).expect("it goes");
    assert_eq!(project.frostline(&["run", "experiments/a.toml"]).code, 0);
    assert!(run.join("curves.svg").is_file());
}

#[test]
fn a_page_marks_what_differs_from_the_template_and_says_how_to_get_the_run_again() {
    let project = Project::new();
    project.write("templates/mine.toml", SPEC);
    project.spec("extends = [\"../templates/mine.toml\"]\n[top]\nepochs = 2\n");
    let run = project.run();
    let page = text(&run, "report.html");
    assert!(page.contains("1 key differs from its template, <code>mine.toml</code>"), "{page}");
    assert!(page.contains("epochs = 2<span class=\"was\"># template: 3</span>"));
    let id = run.file_name().expect("an id").to_string_lossy().into_owned();
    let command = format!("frostline run runs/a/{id}/spec.toml");
    assert!(page.contains(&command));
    let again = project.frostline(&command.split(' ').skip(1).collect::<Vec<_>>());
    assert!(again.stderr.contains("already done"), "{}", again.stderr);
}

/// A project with three runs of `a` that differ in one key.
fn three() -> Project {
    let project = Project::new();
    project.run();
    for dropout in ["0.3", "0.1"] {
        let ran = project.frostline(&["run", "experiments/a.toml", "--set", &format!("top.dropout={dropout}")]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    project
}

/// What a command prints; it must succeed.
fn printed(project: &Project, arguments: &[&str]) -> String {
    let ran = project.frostline(arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

fn json(project: &Project, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&printed(project, arguments)).expect("JSON")
}

#[test]
fn compare_shows_only_what_differs_and_marks_the_best() {
    let project = three();
    let table = printed(&project, &["compare", "a@all"]);
    assert!(table.contains("top.dropout") && !table.contains("top.epochs") && table.contains('*'), "{table}");
    let csv = printed(&project, &["compare", "a@1", "a/0002", "a", "--format", "csv"]);
    assert_eq!(csv.lines().count(), 4);
    assert!(csv.starts_with("run,fine_tune.dropout,top.dropout,val_accuracy,") || csv.starts_with("run,top.dropout,"));
    let runs = json(&project, &["compare", "a@1", "a@2", "--format", "json"]);
    assert_eq!([&runs[0]["settings"]["top.dropout"], &runs[1]["settings"]["top.dropout"]], ["0.5", "0.3"]);
    assert_eq!(project.frostline(&["compare"]).code, 2);
    assert_eq!(project.frostline(&["compare", "b@all"]).code, 2);
}

#[test]
fn best_is_the_run_that_name_at_best_means_and_may_go_by_another_metric() {
    let project = three();
    let best = json(&project, &["best", "a", "--format", "json"]);
    let shown = json(&project, &["show", "a@best", "--format", "json"]);
    assert_eq!(best[0]["id"], shown["id"]);
    let by_loss = json(&project, &["best", "a", "--objective", "val_loss", "--format", "json"]);
    assert!(by_loss[0]["id"].is_string());
    assert_eq!(project.frostline(&["best", "a", "--objective", "speed"]).code, 2);
    assert_eq!(project.frostline(&["best", "b"]).code, 2);
}

#[test]
fn show_tells_settings_with_their_origins_stages_with_their_reasons_and_draws_the_curves() {
    let project = three();
    let shown = printed(&project, &["show", "a@2"]);
    assert!(shown.contains("--set top.dropout=0.3") && shown.contains("experiments/a.toml:10:1"), "{shown}");
    assert!(shown.contains("top.dropout 0.5 -> 0.3") && shown.contains("cached"), "{shown}");
    assert!(shown.contains("Accuracy") && shown.contains('⠒'), "{shown}");
    assert!(!shown.contains('\x1b'), "no colour where there is no terminal");
    assert!(printed(&project, &["--color", "always", "show", "a@2"]).contains('\x1b'));
    let object = json(&project, &["show", "a@2", "--format", "json"]);
    assert_eq!(object["settings"]["top.dropout"]["set_by"], "--set top.dropout=0.3");
    assert_eq!(object["metrics"].as_array().expect("a list").len(), 5);
    let csv = printed(&project, &["show", "a@2", "--format", "csv"]);
    assert!(csv.starts_with("about,key,value,set_by\n") && csv.contains("stage,bottleneck.outcome,cached,"), "{csv}");
}

#[test]
fn a_failed_run_says_why_where_it_is_shown() {
    let project = Project::new();
    let huge = ["run", "experiments/a.toml", "--set", "top.optimizer={kind=\"sgd\",lr=1e30}"];
    assert_eq!(project.frostline(&huge).code, 5);
    let shown = printed(&project, &["show", "a"]);
    assert!(shown.contains("diverged: the top stage diverged in epoch 0"), "{shown}");
    assert!(printed(&project, &["report", "a", "-o", "-"]).contains("the top stage diverged in epoch 0"));
}

#[test]
fn report_writes_the_page_of_one_run_and_of_many() {
    let project = three();
    let page = printed(&project, &["report"]);
    let page = std::fs::read_to_string(page.trim()).expect("the page is where stdout says");
    assert!(page.contains("a: 3 runs") && page.contains("top.dropout"));
    let one = printed(&project, &["report", "a@2", "-o", "-"]);
    assert_eq!(one, text(&project.path("runs/a").join(id(&project, "a@2")), "report.html"));
    assert_eq!(printed(&project, &["report", "a@1", "a@2", "-o", "two.html"]), "two.html\n");
    assert!(std::fs::read_to_string(project.path("two.html")).expect("a page").contains("a: 2 runs"));
}

#[test]
fn a_page_of_a_run_whose_images_changed_has_no_pictures_and_says_so() {
    let (project, run) = Project::new().run_here();
    project.image("train", "red", 50);
    let ran = project.frostline(&["report", "a", "-o", "-"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("have changed since"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("data:image/jpeg") && text(&run, "report.html").contains("data:image/jpeg"));
}

fn id(project: &Project, run: &str) -> String {
    json(project, &["show", run, "--format", "json"])["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_sweep_has_a_page_of_its_own_and_its_runs_can_be_compared() {
    let project = Project::new();
    project.spec(&format!("{SPEC}\n[sweep.space]\n\"top.dropout\" = [0.3, 0.5]\n"));
    printed(&project, &["sweep", "experiments/a.toml"]);
    let page = printed(&project, &["report", "a@sweep", "-o", "-"]);
    assert!(page.contains("a: grid sweep of 2 points") && page.contains("What mattered"), "{page}");
    let written = printed(&project, &["report", "a@sweep"]);
    assert!(written.trim().ends_with("report.html") && written.contains("sweeps"), "{written}");
    assert_eq!(printed(&project, &["compare", "a@sweep", "--format", "csv"]).lines().count(), 3);
    assert_eq!(project.frostline(&["report", "b@sweep"]).code, 2);
}
