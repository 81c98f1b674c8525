//! `top.init`: going on from the top of an earlier run.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use crate::project::{Project, Ran, SPEC, file};

/// A spec without fine-tuning.
fn plain() -> &'static str {
    SPEC.split("[fine_tune]").next().expect("the part before")
}

/// The same, going on from an earlier run.
fn from(run: &str) -> String {
    plain().replace("[top]", &format!("[top]\ninit = \"run:{run}\""))
}

/// The same, for one epoch and too slowly to change anything.
fn going_on(run: &str) -> String {
    from(run).replace("epochs = 3", "epochs = 1").replace("kind = \"adam\", lr = 1e-3", "kind = \"sgd\", lr = 1e-30")
}

/// `val_accuracy` and `val_loss` of the last epoch of the top.
fn last_of_top(metrics: &[u8]) -> [String; 2] {
    let text = std::str::from_utf8(metrics).expect("CSV is text");
    let row: Vec<&str> = text.lines().rfind(|line| line.starts_with("top,")).expect("a row").split(',').collect();
    [row[4].to_owned(), row[5].to_owned()]
}

/// A project whose `a` is done, without fine-tuning, so that its network's top is that of its last epoch.
fn project() -> (Project, PathBuf) {
    let project = Project::new();
    project.spec(plain());
    let run = project.path(project.run().to_str().expect("a path"));
    (project, run)
}

/// Writes an experiment and runs it to its end.
fn run(project: &Project, name: &str, text: &str) -> (PathBuf, Ran) {
    let path = format!("experiments/{name}.toml");
    project.write(&path, text);
    let ran = project.frostline(&["run", &path]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (project.path(ran.stdout.trim()), ran)
}

#[test]
fn a_top_goes_on_from_an_earlier_run_and_its_spec_says_from_which() {
    let (project, earlier) = project();
    let last = last_of_top(&file(&earlier, "metrics.csv"));
    let id = earlier.file_name().expect("an id").to_str().expect("text");
    let (beside, whole) = (format!("../runs/a/{id}"), earlier.display().to_string());
    let names = ["a@best", "a@latest", "a", "a/0001", id, &beside, &whole];
    let mut runs = Vec::new();
    for (nth, wanted) in names.into_iter().enumerate() {
        let (run, ran) = run(&project, &format!("b{nth}"), &going_on(wanted));
        assert_eq!(last_of_top(&file(&run, "metrics.csv")), last, "{wanted}");
        let spec = String::from_utf8(file(&run, "spec.toml")).expect("TOML is text");
        assert!(spec.contains(&format!("init = \"run:a/{id}\"")), "{spec}");
        // What was trained is shared by all that begin alike, whatever they call it.
        assert_eq!(ran.stderr.contains("top: cached"), nth > 0, "{wanted}: {}", ran.stderr);
        runs.push(run);
    }
    let random = going_on("a").replace("init = \"run:a\"", "init = \"random\"");
    assert_ne!(last_of_top(&file(&run(&project, "c", &random).0, "metrics.csv")), last);
    // There is a later run now; a frozen spec means the earlier one.
    run(&project, "a", &plain().replace("epochs = 3", "epochs = 4"));
    let spec = runs[1].join("spec.toml");
    let again = project.frostline(&["run", spec.to_str().expect("a path")]);
    assert_eq!(project.path(again.stdout.trim()), runs[1], "{}", again.stderr);
    assert!(again.stderr.contains("already done"), "{}", again.stderr);
}

#[test]
fn fine_tuning_goes_on_from_a_top_that_was_fine_tuned() {
    let project = Project::new();
    project.run();
    let init = SPEC.replace("[top]", "[top]\ninit = \"run:a\"");
    let (_, ran) = run(&project, "b", &init);
    assert!(ran.stderr.contains("top: running") && ran.stderr.contains("fine_tune: running"), "{}", ran.stderr);
    let (_, ran) = run(&project, "c", &init.replace("run:a", "run:b"));
    assert!(ran.stderr.contains("top: running") && ran.stderr.contains("fine_tune: running"), "{}", ran.stderr);
}

#[test]
fn another_top_is_another_beginning_and_the_plan_says_so() {
    let (project, earlier) = project();
    let (run, _) = run(&project, "b", &going_on("a@latest"));
    let plan = |file: &str| project.frostline(&["plan", file]).stdout;
    assert!(plan("experiments/b.toml").contains("is done"), "{}", plan("experiments/b.toml"));
    let longer = project.frostline(&["run", "experiments/a.toml", "--set", "top.epochs=4"]);
    assert_eq!(longer.code, 0, "{}", longer.stderr);
    assert!(plan("experiments/b.toml").contains("top.init changed"), "{}", plan("experiments/b.toml"));
    // The very run, and yet another network: its last value has another last bit.
    let spec = run.join("spec.toml");
    let spec = spec.to_str().expect("a path");
    assert!(plan(spec).contains("is done"), "{}", plan(spec));
    let mut network = file(&earlier, "model.safetensors");
    let at = network.len() - 4;
    network[at] ^= 1;
    std::fs::write(earlier.join("model.safetensors"), network).expect("it can be written");
    assert!(plan(spec).contains("top.init changed"), "{}", plan(spec));
}

#[test]
fn a_top_that_does_not_fit_is_refused_with_all_that_differs() {
    let (project, earlier) = project();
    let id = earlier.file_name().expect("an id").to_str().expect("text");
    for verb in ["run", "plan", "check"] {
        project.write("experiments/b.toml", &going_on("a").replace("hidden = [8]", "hidden = [4]"));
        let ran = project.frostline(&[verb, "experiments/b.toml"]);
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        let texts = [
            "`top.init = \"run:a\"` (experiments/b.toml:9:1) cannot be used",
            &format!("the top of a/{id} is of another shape"),
            "`classifier.0.weight` has shape [8, 512], expected [4, 512]",
            "`classifier.1.weight` has shape [1, 8], expected [1, 4]",
            "hint: a top goes on from one of the same `target_size`",
        ];
        texts.iter().for_each(|text| assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr));
    }
    assert!(!project.path("runs/b").exists());
}

#[test]
fn a_run_that_is_not_there_or_not_done_is_refused() {
    let (project, _) = project();
    project.write("experiments/b.toml", &going_on("nobody@best"));
    let ran = project.frostline(&["run", "experiments/b.toml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("run:nobody@best") && ran.stderr.contains("no run is called"), "{}", ran.stderr);
    let ran = project.frostline(&["run", "experiments/a.toml", "--set", "top.init=run:aa"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("(--set top.init=run:aa)") && ran.stderr.contains("did you mean `a`"),
        "{}",
        ran.stderr
    );
    let diverging = ["run", "experiments/a.toml", "--set", "top.optimizer={kind=\"sgd\",lr=1e30}"];
    let ran = project.frostline(&[&diverging[..], &["--set", "top.activation=\"linear\""]].concat());
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    project.write("experiments/b.toml", &going_on("a"));
    let ran = project.frostline(&["run", "experiments/b.toml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("is diverged, expected a run that is done"), "{}", ran.stderr);
    project.write("experiments/b.toml", &going_on("a@best"));
    assert_eq!(project.frostline(&["run", "experiments/b.toml"]).code, 0);
}

#[test]
fn a_damaged_network_is_refused_with_its_file() {
    let (project, earlier) = project();
    let network = file(&earlier, "model.safetensors");
    std::fs::write(earlier.join("model.safetensors"), &network[..network.len() / 2]).expect("it can be written");
    project.write("experiments/b.toml", &going_on("a"));
    let ran = project.frostline(&["run", "experiments/b.toml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("model.safetensors") && ran.stderr.contains("hint: "), "{}", ran.stderr);
}

#[test]
fn a_top_from_other_classes_and_other_images_is_warned_of() {
    let (project, _) = project();
    for part in ["train", "validation"] {
        std::fs::rename(project.path(&format!("data/{part}/red")), project.path(&format!("data/{part}/ruby")))
            .expect("renames");
    }
    let (_, ran) = run(&project, "b", &going_on("a").replace("\"unit\"", "\"caffe\""));
    assert!(ran.stderr.contains("was trained on the classes blue, red"), "{}", ran.stderr);
    assert!(ran.stderr.contains("data.preprocess = unit, and here it is caffe"), "{}", ran.stderr);
}

#[test]
fn a_kill_changes_no_byte_of_what_goes_on_from_an_earlier_run() {
    const FILES: [&str; 3] = ["metrics.csv", "predictions.csv", "model.safetensors"];
    let (project, _) = project();
    project.write("experiments/b.toml", &from("a@best").replace("epochs = 3", "epochs = 300"));
    for experiment in ["experiments/a.toml", "experiments/b.toml"] {
        let ran = project.frostline(&["--runs", "reference", "run", experiment]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let mut command = project.command(&["run", "experiments/b.toml"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("top epoch 2"))), "it trains");
    child.kill().expect("it is at work");
    child.wait().expect("it ends");
    let status = project.frostline(&["ls", "--format", "csv"]).stdout;
    assert!(status.contains("interrupted"), "{status}");
    let ran = project.frostline(&["run", "experiments/b.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let run = project.path(ran.stdout.trim());
    let reference = project.path("reference/b").join(run.file_name().expect("an id"));
    for name in FILES {
        assert!(file(&run, name) == file(&reference, name), "{name} differs");
    }
}

#[test]
fn a_sweep_goes_on_from_an_earlier_run_and_finds_it_done() {
    let (project, _) = project();
    let space = "\n[sweep]\nstrategy = \"grid\"\n\n[sweep.space]\n\"top.init\" = [\"random\", \"run:a@best\"]\n";
    project.write("experiments/b.toml", &(plain().to_owned() + space));
    let arguments = ["sweep", "experiments/b.toml", "--format", "json"];
    let ran = project.frostline(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(rows.len(), 2, "{}", ran.stdout);
    let plan = project.frostline(&["sweep", "experiments/b.toml", "--dry-run"]);
    assert!(plan.stdout.contains("2 runs, 2 done"), "{}", plan.stdout);
    assert_eq!(project.frostline(&arguments).stdout, ran.stdout);
}

#[test]
fn all_points_of_a_sweep_go_on_from_the_run_that_was_the_latest_before_the_first_one() {
    let (project, earlier) = project();
    let space =
        "\n[sweep]\nstrategy = \"random\"\ntrials = 2\n\n[sweep.space]\n\"top.dropout\" = { uniform = [0.1, 0.5] }\n";
    project.spec(&(from("a@latest") + space));
    let trials = |number: u32, more: &[&str]| {
        let trials = format!("sweep.trials={number}");
        let ran = project.frostline(&[&["sweep", "experiments/a.toml", "--set", &trials], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    let first = trials(2, &["--format", "json"]);
    assert!(trials(2, &["--dry-run"]).contains("2 runs, 2 done"), "its own runs are the latest now");
    assert_eq!(trials(2, &["--format", "json"]), first);
    trials(3, &[]);
    let runs =
        std::fs::read_dir(project.path("runs/a")).expect("there are runs").map(|entry| entry.expect("a run").path());
    let specs: Vec<String> = runs
        .filter(|run| *run != earlier && run.join("spec.toml").exists())
        .map(|run| String::from_utf8(file(&run, "spec.toml")).expect("TOML is text"))
        .collect();
    let init = format!("init = \"run:a/{}\"", earlier.file_name().expect("an id").display());
    assert_eq!(specs.iter().filter(|spec| spec.contains(&init)).count(), 3, "{specs:#?}");
    assert_eq!(specs.len(), 3);
}
