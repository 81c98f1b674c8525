//! A run's state is what is true: diverged where the loss is no number, with what was good kept.

use crate::project::{Project, SPEC, file};
use crate::work::{RUN, runs, states};

/// Every step multiplies the weights by about a thousand, so that some epochs pass before a number overflows.
fn diverging() -> String {
    let slow = r#"optimizer = { kind = "adam", lr = 1e-3 }"#;
    let fast = "l2 = 0.01\noptimizer = { kind = \"sgd\", lr = 5e4 }";
    SPEC.replace(slow, fast).replace("epochs = 3", "epochs = 30")
}

#[test]
fn a_loss_that_is_no_number_ends_as_diverged_with_epoch_batch_and_setting() {
    let project = Project::new();
    project.spec(&diverging());
    let ran = project.frostline(&RUN);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("the top stage diverged in epoch "), "{}", ran.stderr);
    assert!(ran.stderr.contains(", batch ") && ran.stderr.contains("lower `top.optimizer.lr`"), "{}", ran.stderr);
    assert_eq!(states(&project), ["diverged"]);
    let status = String::from_utf8(file(&runs(&project)[0], "status.json")).expect("text");
    assert!(status.contains("diverged in epoch"), "{status}");
}

#[test]
fn the_last_good_epoch_of_a_run_that_diverged_is_kept_however_fast_the_epochs_are() {
    let project = Project::new();
    // Every step doubles the weights, whatever the images say: some dozens of epochs, many of which end while a state is being written.
    let doubling = "l2 = 1e4\noptimizer = { kind = \"sgd\", lr = 1.5e-4 }";
    project.spec(&diverging().replace("l2 = 0.01\noptimizer = { kind = \"sgd\", lr = 5e4 }", doubling));
    let ran = project.frostline(&RUN);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let metrics = String::from_utf8(file(&runs(&project)[0], "metrics.csv")).expect("text");
    let good = metrics.lines().count() - 1;
    assert!(good > 5, "{metrics}");
    let listed = project.frostline(&["cache", "list", "--format", "csv"]).stdout;
    assert!(listed.contains(&format!("training, {good} epochs, 32 px")), "{good} epochs were good: {listed}");
}

#[test]
fn a_run_that_diverged_does_so_again_in_its_own_directory_with_the_same_rows() {
    let project = Project::new();
    project.spec(&diverging());
    let first = project.frostline(&RUN);
    assert_eq!(first.code, 5, "{}", first.stderr);
    let message = |text: &str| text.lines().find(|line| line.starts_with("error: ")).map(str::to_owned);
    let rows = std::fs::read(runs(&project)[0].join("metrics.csv")).ok();
    let again = project.frostline(&RUN);
    assert_eq!((again.code, message(&again.stderr)), (5, message(&first.stderr)));
    assert_eq!(runs(&project).len(), 1);
    assert_eq!(std::fs::read(runs(&project)[0].join("metrics.csv")).ok(), rows);
    assert_eq!(states(&project), ["diverged"]);
    project.spec(SPEC);
    assert_eq!(project.frostline(&RUN).code, 0);
    assert_eq!(states(&project).iter().filter(|state| *state == "done").count(), 1);
}

#[test]
fn the_last_good_epoch_of_a_diverged_training_is_kept() {
    let project = Project::new();
    project.spec(&diverging());
    let ran = project.frostline(&RUN);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let list = project.frostline(&["cache", "list", "--format", "csv"]).stdout;
    let Some(epoch) = ran.stderr.split("diverged in epoch ").nth(1).and_then(|rest| rest.split(',').next()) else {
        panic!("{}", ran.stderr)
    };
    let rows = std::fs::read(runs(&project)[0].join("metrics.csv")).unwrap_or_default();
    let rows = String::from_utf8_lossy(&rows).lines().filter(|line| line.starts_with("top,")).count();
    assert_eq!(rows.to_string(), epoch, "{list}");
    assert!(epoch != "0" && list.contains("training, "), "epoch {epoch}: {list}");
}

#[test]
fn a_failed_run_is_taken_up_again_and_with_other_images_it_is_another_one() {
    let project = Project::new();
    let image = project.path("data/train/red/03.png");
    let whole = std::fs::read(&image).expect("it is there");
    std::fs::write(&image, &whole[..whole.len() / 2]).expect("it can be written");
    let ran = project.frostline(&RUN);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("03.png") && ran.stderr.contains("hint: copy or download"), "{}", ran.stderr);
    assert_eq!(states(&project), ["failed"]);
    let again = project.frostline(&RUN);
    assert_eq!((again.code, states(&project).len()), (4, 1), "{}", again.stderr);
    std::fs::write(&image, whole).expect("it can be written");
    let mended = project.frostline(&RUN);
    assert_eq!(mended.code, 0, "{}", mended.stderr);
    assert_eq!(states(&project), ["failed", "done"], "other images are another run");
}
