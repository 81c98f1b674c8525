//! Images that vanish or change while a run reads them are named, and nothing is stored under what they were.

use crate::project::{Project, SPEC, file};
use crate::work::{RUN, Reference, Working, assert_whole, digests, runs, start_over, states};

/// Extraction image by image, of which each takes far longer than to meddle with it, for a top whose predictions depend on what the
/// images are.
fn slow() -> String {
    let (top, _) = SPEC.split_once("[fine_tune]").expect("two stages");
    let wide = top.replace("hidden = [8]", "hidden = [64]");
    wide.replace("target_size = 32", "target_size = 96") + "\n[bottleneck]\nbatch_size = 1\n"
}

/// Does something to the last image that is read as soon as extraction has begun.
fn meddle(project: &Project, act: impl Fn(&std::path::Path)) -> String {
    let mut working = Working::start(project.command(&RUN));
    assert!(working.until("bottleneck: running"), "{:?}", working.seen);
    act(&project.path("data/validation/red/03.png"));
    let ran = working.end();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("03.png"), "{}", ran.stderr);
    assert_eq!(states(project), ["failed"]);
    ran.stderr
}

#[test]
fn an_image_that_is_deleted_while_it_is_used_is_named() {
    let project = Project::new();
    project.spec(&slow());
    let reference = Reference::of(&project);
    let said = meddle(&project, |image| std::fs::remove_file(image).expect("it can be removed"));
    assert!(said.contains("cannot be read"), "{said}");
    project.image("validation", "red", 3);
    reference.is_reached_by(&project, "an image was deleted and came back");
}

#[test]
fn an_image_that_changes_while_it_is_used_is_named_and_nothing_is_stored_under_what_it_was() {
    let project = Project::new();
    project.spec(&slow());
    let reference = Reference::of(&project);
    let said = meddle(&project, |image| {
        std::fs::copy(project.path("data/train/blue/00.png"), image).map(drop).expect("it can be written");
    });
    assert!(said.contains("was changed while it was in use") && said.contains("hint: run again"), "{said}");
    assert_whole(&project, "a changed image");
    let changed = project.frostline(&RUN);
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    let predictions = file(&reference.run, "predictions.csv");
    let with_the_changed = file(&runs(&project)[1], "predictions.csv");
    project.image("validation", "red", 3);
    let back = project.frostline(&RUN);
    assert_eq!(back.code, 0, "{}", back.stderr);
    assert_eq!(states(&project), ["done", "done"]);
    assert_eq!(digests(&runs(&project)[0]), reference.digests);
    assert_ne!(with_the_changed, predictions, "they depend on the image");
}

#[test]
fn an_image_that_vanishes_in_fine_tuning_is_named_and_its_epochs_are_kept() {
    let project = Project::new();
    project.spec(&SPEC.replace("epochs = 2", "epochs = 12"));
    let reference = Reference::of(&project);
    start_over(&project);
    let mut working = Working::start(project.command(&RUN));
    assert!(working.until("fine_tune epoch 1:"), "{:?}", working.seen);
    std::fs::remove_file(project.path("data/train/blue/02.png")).expect("it can be removed");
    let ran = working.end();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("02.png") && ran.stderr.contains("fine_tune"), "{}", ran.stderr);
    assert_eq!(states(&project), ["failed"]);
    project.image("train", "blue", 2);
    let again = project.frostline(&RUN);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("are stored"), "it goes on: {}", again.stderr);
    reference.is(&project, "an image vanished in fine-tuning");
}
