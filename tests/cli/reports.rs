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
