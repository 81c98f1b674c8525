//! One test for each rule of what makes a stage run again.

use crate::project::{Project, SPEC, Stage};

/// A project whose experiment has run.
fn done() -> Project {
    let project = Project::new();
    project.run();
    project
}

fn to_do(plan: &[Stage]) -> Vec<u64> {
    plan.iter().map(|stage| stage.to_do).collect()
}

#[test]
fn the_same_experiment_again_shows_the_same_run_and_computes_nothing() {
    let project = Project::new();
    let first = project.run();
    let again = project.frostline(&["run", "experiments/a.toml"]);
    assert_eq!(std::path::Path::new(again.stdout.trim()), first);
    assert!(again.stderr.contains("already done"), "{}", again.stderr);
    assert_eq!(to_do(&project.plan()), [0, 0, 0]);
}

#[test]
fn a_comment_changes_nothing() {
    let project = Project::new();
    let first = project.run();
    project.spec(&format!("# a remark\n{SPEC}\n"));
    assert_eq!(project.run(), first);
}

#[test]
fn a_tag_changes_nothing() {
    let project = Project::new();
    let first = project.run();
    project.spec(&format!("tags = [\"mine\"]\n{SPEC}"));
    assert_eq!(project.run(), first);
}

#[test]
fn another_name_is_another_run_of_cached_stages() {
    let project = done();
    project.spec(&format!("name = \"b\"\n{SPEC}"));
    assert_eq!(to_do(&project.plan()), [0, 0, 0]);
    assert!(project.run().ends_with(std::path::Path::new("b").join(project.run().file_name().expect("an id"))));
}

#[test]
fn a_moved_folder_computes_nothing() {
    let project = done();
    std::fs::rename(project.path("data/train"), project.path("data/elsewhere")).expect("it moves");
    project.edit("../data/train", "../data/elsewhere");
    assert_eq!(to_do(&project.plan()), [0, 0, 0]);
}

#[test]
fn an_added_image_is_computed_alone_and_trains_anew() {
    let project = done();
    project.image("train", "red", 50);
    let plan = project.plan();
    assert_eq!(to_do(&plan), [1, 3, 2]);
    assert!(plan[1].why.contains("training images changed"), "{plan:?}");
}

#[test]
fn a_changed_image_is_computed_alone_and_makes_the_next_run() {
    let project = Project::new();
    let first = project.run();
    std::fs::copy(project.path("data/train/red/07.png"), project.path("data/train/red/spare.png")).expect("it copies");
    project.image("train", "red", 51);
    std::fs::rename(project.path("data/train/red/51.png"), project.path("data/train/red/03.png")).expect("it moves");
    std::fs::remove_file(project.path("data/train/red/spare.png")).expect("it goes");
    assert_eq!(to_do(&project.plan()), [1, 3, 2]);
    let second = project.run();
    assert!(second.file_name().expect("an id").to_string_lossy().starts_with("0002-"), "{}", second.display());
    assert_ne!(first, second);
}

#[test]
fn another_size_computes_all() {
    let project = done();
    project.edit("target_size = 32", "target_size = 48");
    let plan = project.plan();
    assert!(plan.iter().all(|stage| stage.to_do == stage.total), "{plan:?}");
    assert!(plan[0].why.contains("data.target_size 32 -> 48"), "{plan:?}");
}

#[test]
fn another_preprocessing_computes_all() {
    let project = done();
    project.edit("preprocess = \"unit\"", "preprocess = \"caffe\"");
    let plan = project.plan();
    assert!(plan.iter().all(|stage| stage.to_do == stage.total), "{plan:?}");
    assert!(plan[0].why.contains("data.preprocess unit -> caffe"), "{plan:?}");
}

#[test]
fn another_dropout_keeps_the_features() {
    let project = done();
    project.edit("epochs = 3", "epochs = 3\ndropout = 0.3");
    let plan = project.plan();
    assert_eq!(to_do(&plan), [0, 3, 2]);
    assert_eq!(plan[1].why, "top.dropout 0.5 -> 0.3");
}

#[test]
fn other_weights_compute_all() {
    let project = done();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/vgg16-imagenet-notop.f16.safetensors");
    let mut weights = std::fs::read(shipped).expect("the weights that ship are here");
    let last = weights.len() - 1;
    weights[last - 1] ^= 1;
    std::fs::create_dir_all(project.path("weights")).expect("the folder can be made");
    std::fs::write(project.path("weights/other.safetensors"), weights).expect("the file can be written");
    project.spec(&format!("{SPEC}\n[weights]\npath = \"../weights/other.safetensors\"\n"));
    let plan = project.plan();
    assert!(plan.iter().all(|stage| stage.to_do == stage.total), "{plan:?}");
    assert!(plan[0].why.contains("weights changed"), "{plan:?}");
}

#[test]
fn more_epochs_go_on_from_where_the_shorter_training_ended() {
    let project = done();
    project.edit("epochs = 3", "epochs = 5");
    let plan = project.plan();
    assert_eq!(to_do(&plan), [0, 2, 2]);
    assert_eq!(plan[1].why, "goes on from 3");
    project.edit("epochs = 2", "epochs = 4");
    assert_eq!(to_do(&project.plan()), [0, 0, 2]);
}

#[test]
fn a_schedule_that_depends_on_the_total_does_not_go_on() {
    let project = Project::new();
    let cosine = "epochs = 3\nschedule = { kind = \"cosine\", min_lr = 0.0 }";
    project.edit("epochs = 3", cosine);
    project.run();
    project.edit("epochs = 3", &cosine.replace('3', "5"));
    let plan = project.plan();
    assert_eq!(plan[1].to_do, 5);
    assert!(plan[1].why.contains("top.epochs 3 -> 5"), "{plan:?}");
}

#[test]
fn another_setting_of_fine_tuning_keeps_the_top() {
    let project = done();
    project.edit("zoom = 0.1", "zoom = 0.2");
    let plan = project.plan();
    assert_eq!(to_do(&plan), [0, 0, 2]);
    assert!(plan[2].why.contains("fine_tune.augment.zoom 0.1 -> 0.2"), "{plan:?}");
}

#[test]
fn without_augmentation_the_frozen_part_is_stored_and_shared() {
    let project = Project::new();
    let plain = SPEC.replace("zoom = 0.1", "zoom = 0.0").replace("horizontal_flip = true", "horizontal_flip = false");
    project.spec(&plain);
    project.run();
    project.spec(&plain.replace("momentum = 0.9", "momentum = 0.5"));
    let ran = project.frostline(&["run", "experiments/a.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("fine_tune: running").count(), 1, "nothing went through the base: {}", ran.stderr);
}

#[test]
fn a_forced_stage_is_computed_again_in_its_own_directory_with_the_same_bytes() {
    let project = Project::new();
    let first = project.run();
    let metrics = crate::project::file(&first, "metrics.csv");
    let forced = project.frostline(&["run", "experiments/a.toml", "--force", "top"]);
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    assert_eq!(std::path::Path::new(forced.stdout.trim()), first);
    assert!(
        forced.stderr.contains("top: running") && forced.stderr.contains("fine_tune: running"),
        "{}",
        forced.stderr
    );
    assert_eq!(crate::project::file(&first, "metrics.csv"), metrics);
}
