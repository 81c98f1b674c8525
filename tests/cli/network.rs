//! A run's network, used again: predict, evaluate, and weights from other people's files.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::project::{Project, Ran, file, signal};

/// `predictions.csv` of a run: class folder and file, predicted class, probability, each as text.
fn predictions(run: &Path) -> Vec<[String; 3]> {
    rows(&file(run, "predictions.csv"))
        .into_iter()
        .map(|row| [row[0].clone(), row[2].clone(), row[3].clone()])
        .collect()
}

fn rows(csv: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(csv).expect("CSV is text");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn last_row(run: &Path) -> Vec<String> {
    rows(&file(run, "metrics.csv")).pop().expect("a row")
}

#[test]
fn predictions_are_those_of_the_run_to_the_bit() {
    let project = Project::new();
    let run = project.path(project.run().to_str().expect("a path"));
    for arguments in [["data/validation/blue", "data/validation/red"].as_slice(), &["data/validation"]] {
        let ran = project.frostline(&[&["predict", "a@latest", "--format", "csv"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let found: Vec<[String; 3]> = rows(ran.stdout.as_bytes())
            .into_iter()
            .map(|row| [row[0].trim_start_matches("data/validation/").to_owned(), row[1].clone(), row[2].clone()])
            .collect();
        assert_eq!(found, predictions(&run));
    }
}

#[test]
fn a_run_without_fine_tuning_and_with_three_classes_predicts_the_same_too() {
    let project = Project::new();
    for (part, count) in [("train", 8), ("validation", 4)] {
        (0..count).for_each(|number| project.image(part, "green", number + 100));
    }
    let ran = project.frostline(&["run", "experiments/a.toml", "--set", "fine_tune=false"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let run = project.path(ran.stdout.trim());
    let ran = project.frostline(&["predict", run.to_str().expect("a path"), "data/validation", "--format", "json"]);
    let found: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(found.len(), 12);
    for (found, [path, predicted, probability]) in found.iter().zip(predictions(&run)) {
        assert!(found["path"].as_str().expect("a path").ends_with(&path));
        assert_eq!(found["predicted"], *predicted);
        assert_eq!(found["probability"].to_string(), probability);
    }
    let evaluated = project.frostline(&["evaluate", "a@latest", "--format", "json"]);
    let measures: serde_json::Value = serde_json::from_str(&evaluated.stdout).expect("JSON");
    assert_eq!(measures["accuracy"].to_string(), last_row(&run)[4].replace("NA", "null"));
    assert_eq!(measures["confusion"].as_array().map(Vec::len), Some(3));
}

#[test]
fn paths_come_from_stdin_and_what_is_no_image_is_skipped_and_counted() {
    let project = Project::new();
    project.run();
    project.write("notes.txt", "no image");
    let mut command = project.command(&["predict", "a", "-", "--top-k", "2"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let list = "data/validation/red/00.png\nnotes.txt\ngone.png\n\ndata/validation/blue\n";
    child.stdin.take().expect("a pipe").write_all(list.as_bytes()).expect("the list is taken");
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("skipped `notes.txt`") && ran.stderr.contains("skipped `gone.png`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: 2 of 7 files could not be used"), "{}", ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 6);
    let words: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(words, ["predicted", "probability", "predicted_2", "probability_2", "path"]);
    assert!(lines[1].ends_with("data/validation/red/00.png"), "{}", lines[1]);
}

/// A prediction of what its list of paths will say, and what it prints.
fn predicting(project: &Project, format: &str) -> (Child, ChildStdin, BufReader<ChildStdout>) {
    let mut command = project.command(&["predict", "a", "-", "--format", format]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let (list, out) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    (child, list, BufReader::new(out))
}

#[test]
fn predictions_come_while_the_list_of_paths_is_still_being_written() {
    let project = Project::new();
    project.run();
    let (mut child, mut list, out) = predicting(&project, "csv");
    let mut lines = out.lines().map(|line| line.expect("text"));
    assert_eq!(lines.next().as_deref(), Some("path,predicted,probability"));
    let path = "data/validation/red/00.png\n";
    list.write_all(path.as_bytes()).expect("the list is taken");
    let first = lines.next().expect("a prediction");
    assert!(first.starts_with("data/validation/red/00.png,"), "{first}");
    // More than are taken from the list at a time.
    list.write_all(path.repeat(600).as_bytes()).expect("the list is taken");
    assert_eq!(lines.by_ref().take(600).filter(|line| *line == first).count(), 600);
    drop(list);
    assert_eq!((lines.next(), child.wait().expect("it ends").code()), (None, Some(0)));
}

#[test]
fn a_prediction_that_waits_for_paths_can_be_stopped() {
    let project = Project::new();
    project.run();
    let (mut child, mut list, mut out) = predicting(&project, "json");
    list.write_all(b"data/validation/red/00.png\n").expect("the list is taken");
    let mut text = Vec::new();
    out.read_until(b'}', &mut text).expect("a prediction");
    signal(&child, "INT");
    out.read_to_end(&mut text).expect("the end of the list");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let predictions: Vec<serde_json::Value> = serde_json::from_slice(&text).expect("a whole list");
    assert_eq!(predictions.len(), 1);
    drop(list);
}

#[test]
fn an_evaluation_on_the_same_images_gives_the_numbers_of_the_run_to_the_bit() {
    let project = Project::new();
    project.edit("epochs = 2", "epochs = 2\nl2 = 0.01");
    let run = project.path(project.run().to_str().expect("a path"));
    for data in [["--data", "data/validation"].as_slice(), &[]] {
        let arguments = ["evaluate", "a", "--format", "csv", "--predictions", "p.csv"];
        let ran = project.frostline(&[&arguments, data].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let measures = rows(ran.stdout.as_bytes());
        let value = |measure: &str| {
            measures
                .iter()
                .find(|row| row[0] == measure && row[1] == "NA")
                .map(|row| row[3].clone())
                .expect("a measure")
        };
        let last = last_row(&run);
        assert_eq!((value("accuracy"), value("loss")), (last[4].clone(), last[5].clone()));
        assert_eq!(file(&project.path(""), "p.csv"), file(&run, "predictions.csv"));
    }
    let table = project.frostline(&["evaluate", "a"]);
    assert!(table.stdout.contains("precision") && table.stdout.contains("label \\ predicted"), "{}", table.stdout);
}

#[test]
fn an_evaluation_says_which_folders_it_leaves_out_and_which_classes_it_lacks() {
    let project = Project::new();
    project.run();
    (0..3).for_each(|number| project.image("test", "green", number));
    (0..2).for_each(|number| project.image("test", "red", number));
    project.write("data/test/green/notes.txt", "no image");
    let ran = project.frostline(&["evaluate", "a", "--data", "data/test", "--format", "csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for warning in
        ["warning: left out `data/test/green`, 3 images: the run has no such class", "warning: no images of `blue` in"]
    {
        assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    }
    let measures = rows(ran.stdout.as_bytes());
    let value = |measure: &str, class: &str| {
        let row = measures.iter().find(|row| row[0] == measure && row[1] == class);
        row.unwrap_or_else(|| panic!("{measure} of {class}: {}", ran.stdout))[3].clone()
    };
    assert_eq!(
        (value("images", "blue"), value("images", "red"), value("images", "NA")),
        ("0".into(), "2".into(), "2".into())
    );
    assert_eq!(value("recall", "blue"), "NA");
    std::fs::remove_dir_all(project.path("data/test/red")).expect("it is there");
    let ran = project.frostline(&["evaluate", "a", "--data", "data/test"]);
    assert!(ran.code == 4 && ran.stderr.contains("`blue`") && ran.stderr.contains("`red`"), "{}", ran.stderr);
}

#[test]
fn a_list_of_paths_may_end_its_lines_as_windows_does() {
    let project = Project::new();
    project.run();
    let (mut child, mut list, mut out) = predicting(&project, "csv");
    list.write_all(b"data/validation/red/00.png\r\ndata/validation/blue/00.png\r\n").expect("the list is taken");
    drop(list);
    let mut text = String::new();
    out.read_to_string(&mut text).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let paths: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(paths, ["data/validation/red/00.png", "data/validation/blue/00.png"]);
}

#[test]
fn a_network_on_other_weights_than_it_was_trained_on_is_refused() {
    let project = Project::new();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/vgg16-imagenet-notop.f16.safetensors");
    let mut weights = std::fs::read(shipped).expect("the weights that ship are here");
    std::fs::create_dir_all(project.path("weights")).expect("the folder can be made");
    std::fs::write(project.path("weights/own.safetensors"), &weights).expect("the file can be written");
    let ran = project.frostline(&["run", "experiments/a.toml", "--set", "weights.path=weights/own.safetensors"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let last = weights.len() - 1;
    weights[last - 1] ^= 1;
    std::fs::write(project.path("weights/own.safetensors"), &weights).expect("the file can be written");
    let ran = project.frostline(&["predict", "a", "data/validation"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("other weights") && ran.stderr.contains("own.safetensors"), "{}", ran.stderr);
}

#[test]
fn weights_in_another_form_are_the_same_run() {
    let project = Project::new();
    let first = project.run();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/vgg16-imagenet-notop.f16.safetensors");
    let bytes = std::fs::read(shipped).expect("the weights that ship are here");
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&bytes[8..8 + header]).expect("a header");
    // The same values as f32, in another order, with a tensor of a head that is no part of the base.
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("a sound file");
    let mut tensors = Vec::new();
    for name in header.keys().filter(|name| *name != "__metadata__").rev() {
        let view = file.tensor(name).expect("it is listed");
        let halves = view.data().chunks_exact(2).map(|half| half::f16::from_le_bytes([half[0], half[1]]).to_f32());
        let floats: Vec<u8> = halves.flat_map(f32::to_le_bytes).collect();
        tensors.push((name.clone(), view.shape().to_vec(), floats));
    }
    tensors.push(("classifier.6.bias".to_owned(), vec![1], vec![0; 4]));
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
        (name.as_str(), view.expect("as many values as its shape says"))
    });
    std::fs::create_dir_all(project.path("weights")).expect("the folder can be made");
    std::fs::write(project.path("weights/f32.safetensors"), safetensors::serialize(views, None).expect("serialises"))
        .expect("the file can be written");
    let plan = project.frostline(&[
        "plan",
        "experiments/a.toml",
        "--set",
        "weights.path=weights/f32.safetensors",
        "--format",
        "json",
    ]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&plan.stdout).expect("JSON");
    assert!(rows.iter().all(|row| row["to_do"] == 0), "{}", plan.stdout);
    assert!(
        plan.stderr.contains("warning: the weights: `classifier.6.bias` is no part of the base"),
        "{}",
        plan.stderr
    );
    assert!(first.starts_with("") && plan.stderr.contains("`preprocess = \"caffe\"`"), "{}", plan.stderr);
}

#[test]
fn weights_that_lack_tensors_exit_with_four_and_name_them() {
    let project = Project::new();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/weights/torch-zip.pth");
    let ran = project.frostline(&["run", "experiments/a.toml", "--set", &format!("weights.path={golden}")]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("torch-zip.pth") && ran.stderr.contains("[64, 3, 3, 3]"), "{}", ran.stderr);
}
