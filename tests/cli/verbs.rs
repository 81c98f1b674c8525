//! What each verb prints and how it exits.

use crate::project::{Project, Ran, SPEC, file};

#[test]
fn a_finished_run_has_every_file_and_its_predictions_are_its_accuracy() {
    let project = Project::new();
    let run = project.run();
    for name in ["spec.toml", "status.json", "metrics.csv", "summary.json", "predictions.csv", "model.safetensors"] {
        assert!(run.join(name).is_file(), "{name}");
    }
    let metrics = String::from_utf8(file(&run, "metrics.csv")).expect("CSV is text");
    let mut lines = metrics.lines();
    assert_eq!(lines.next(), Some("stage,epoch,accuracy,loss,val_accuracy,val_loss,learning_rate"));
    let last = lines.next_back().expect("a row").split(',').collect::<Vec<_>>();
    assert_eq!(last[..2], ["fine_tune", "1"]);
    let predictions = String::from_utf8(file(&run, "predictions.csv")).expect("CSV is text");
    let rows: Vec<Vec<&str>> = predictions.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let right = rows.iter().filter(|row| row[1] == row[2]).count() as f64 / rows.len() as f64;
    assert_eq!(right.to_string(), last[4]);
}

#[test]
fn a_plan_changes_nothing_on_disk() {
    let project = Project::new();
    project.plan();
    assert!(!project.path("runs").exists());
}

#[test]
fn a_typo_exits_with_three_and_names_its_place() {
    let project = Project::new();
    project.edit("hidden = [8]", "epchs = 8");
    let ran = project.frostline(&["run", "experiments/a.toml"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("experiments/a.toml:9:1") && ran.stderr.contains("`epochs`"), "{}", ran.stderr);
    assert!(!project.path("runs").exists());
}

#[test]
fn a_broken_image_exits_with_four_and_is_named_or_is_skipped_and_listed() {
    let project = Project::new();
    project.write("data/train/red/broken.png", "\u{89}PNG but not really");
    std::fs::write(project.path("data/train/red/broken.png"), b"\x89PNG\r\n\x1a\nno chunks").expect("it is written");
    let ran = project.frostline(&["run", "experiments/a.toml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("broken.png"), "{}", ran.stderr);
    let skipped = project.frostline(&["run", "experiments/a.toml", "--set", "data.on_bad_image=skip"]);
    assert_eq!(skipped.code, 0, "{}", skipped.stderr);
    assert!(skipped.stderr.contains("skipped `") && skipped.stderr.contains("broken.png"), "{}", skipped.stderr);
    let summary = String::from_utf8(file(std::path::Path::new(skipped.stdout.trim()), "summary.json")).expect("text");
    assert!(summary.contains("broken.png"), "{summary}");
}

#[test]
fn of_several_files_none_runs_before_all_are_sound_and_each_mistake_is_shown() {
    let project = Project::new();
    project.write("experiments/b.toml", &SPEC.replace("hidden = [8]", "epchs = 8"));
    project.write("experiments/c.toml", &SPEC.replace("epochs = 2", "epochs = -2"));
    let ran = project.frostline(&["run", "experiments/a.toml", "experiments/b.toml", "experiments/c.toml"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("experiments/b.toml:9:1") && ran.stderr.contains("experiments/c.toml:"),
        "{}",
        ran.stderr
    );
    assert!(!project.path("runs").exists());
}

#[test]
fn of_several_files_all_run_and_the_first_failure_is_the_exit_code() {
    let project = Project::new();
    let diverging = "epochs = 3\nactivation = \"linear\"";
    project.spec(
        &SPEC
            .replace("epochs = 3", diverging)
            .replace("{ kind = \"adam\", lr = 1e-3 }", "{ kind = \"sgd\", lr = 1e30 }"),
    );
    for class in ["blue", "red"] {
        project.image("broken", class, 0);
        let image = project.path(&format!("data/broken/{class}/00.png"));
        std::fs::write(image, b"\x89PNG\r\n\x1a\nno chunks").expect("it is written");
    }
    project.write("experiments/b.toml", &SPEC.replace("../data/validation", "../data/broken"));
    project.write("experiments/c.toml", SPEC);
    let ran = project.frostline(&["run", "experiments/a.toml", "experiments/b.toml", "experiments/c.toml"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stdout.lines().count() == 1 && ran.stdout.contains("runs/c/0001-"), "{}", ran.stdout);
    assert!(ran.stderr.contains("diverged") && ran.stderr.contains("00.png"), "{}", ran.stderr);
}

#[test]
fn a_gpu_is_refused_with_the_way_to_get_one() {
    let project = Project::new();
    let ran = project.frostline(&["run", "experiments/a.toml", "--set", "device=cuda"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("--features cuda"), "{}", ran.stderr);
}

#[test]
fn a_diverged_training_exits_with_five_and_says_where() {
    let project = Project::new();
    let huge = "epochs = 3\nactivation = \"linear\"";
    project.edit("epochs = 3", huge);
    let arguments = ["run", "experiments/a.toml", "--set", "top.optimizer={kind=\"sgd\",lr=1e30}"];
    let ran = project.frostline(&arguments);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("diverged in epoch 0, batch") && ran.stderr.contains("hint:"), "{}", ran.stderr);
    assert!(project.frostline(&["ls"]).stdout.contains("diverged"));
}

#[test]
fn features_are_arrays_with_their_listing() {
    let project = Project::new();
    let ran = project.frostline(&["features", "experiments/a.toml", "--out", "f"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let array = std::fs::read(project.path("f/bottleneck_features_train.npy")).expect("an array");
    assert!(array.starts_with(b"\x93NUMPY\x01\x00"));
    assert_eq!(array.len() % 64, 0, "sixteen images of 512 values behind an aligned header");
    let listing = std::fs::read_to_string(project.path("f/bottleneck_features_validation.csv")).expect("a listing");
    assert_eq!(listing.lines().take(2).collect::<Vec<_>>(), ["path,label", "blue/00.png,blue"]);
    assert_eq!(listing.lines().count(), 9);
}

#[test]
fn a_new_experiment_passes_its_check_once_its_data_are_there() {
    let project = Project::new();
    let ran = project.frostline(&["new", "mine"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let check = ["check", "experiments/mine.toml"];
    let data = ["--set", "data.train=data/train", "--set", "data.validation=data/validation"];
    let checked = project.frostline(&[&check[..], &data].concat());
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(checked.stdout.contains("16 training and 8 validation images of blue, red"), "{}", checked.stdout);
    assert_eq!(project.frostline(&["new", "mine"]).code, 2, "an existing file is not replaced");
}

#[test]
fn a_new_experiment_belongs_to_the_project_around_the_folder() {
    let project = Project::new();
    let mut command = project.command(&["new", "mine", "--template", "multiclass"]);
    let ran = Ran::of(command.current_dir(project.path("data/train")).output().expect("the binary starts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(project.path("experiments/mine.toml").is_file() && ran.stdout.ends_with("experiments/mine.toml\n"));
}

#[test]
fn templates_are_listed_in_the_help_and_where_one_is_unknown() {
    let project = Project::new();
    let help = project.frostline(&["new", "--help"]).stdout;
    let refused = project.frostline(&["new", "mine", "--template", "multi"]);
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).expect("a README");
    assert!(readme.contains("`new NAME [--template binary\\|multiclass\\|sweep\\|keras-blog]`"));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    for template in ["binary", "multiclass", "sweep", "keras-blog"] {
        assert!(help.contains(template) && refused.stderr.contains(template), "{template}: {help}{}", refused.stderr);
    }
}

#[test]
fn the_code_that_serves_gpus_is_named_in_the_summary_and_other_kernels_are_refused() {
    let project = Project::new();
    let run = |kernels| {
        let mut command = project.command(&["run", "experiments/a.toml"]);
        Ran::of(command.env("FROSTLINE_KERNELS", kernels).output().expect("the binary starts"))
    };
    let ran = run("generic");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let summary = file(std::path::Path::new(ran.stdout.trim()), "summary.json");
    let summary: serde_json::Value = serde_json::from_slice(&summary).expect("the summary is JSON");
    assert_eq!(summary["machine"]["device"], "cpu (generic)");
    let refused = run("slow");
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("unknown kernels `slow`, expected `fast` or `generic`"), "{}", refused.stderr);
}

#[test]
fn settings_are_rows_for_programs() {
    let project = Project::new();
    let check = ["check", "experiments/a.toml", "--set", "seed=7"];
    let ran = project.frostline(&[&check[..], &["--settings", "--format", "json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("it is JSON and nothing else");
    let seed = rows.iter().find(|row| row["key"] == "seed").expect("the seed is a setting");
    assert_eq!((&seed["file"], &seed["value"]), (&"experiments/a.toml".into(), &"7".into()), "{seed}");
    assert!(seed["set_by"].as_str().is_some_and(|origin| origin.contains("--set")), "{seed}");
    assert!(ran.stderr.contains("experiments/a.toml: ok: 16 training"), "{}", ran.stderr);
    assert_eq!(project.frostline(&[&check[..], &["--format", "csv"]].concat()).code, 2, "there is nothing to format");
}

#[test]
fn a_run_that_is_not_there_is_named_with_what_is() {
    let project = Project::new();
    project.run();
    let ran = project.frostline(&["show", "b@latest"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`b@latest`"), "{}", ran.stderr);
    assert!(project.frostline(&["show", "a@latest"]).stdout.contains("val_accuracy"));
}
