//! Exported networks: whole, and the same in other runtimes.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

use frostline::weights::{self, Basis, SourceFormat};

use crate::project::{Project, SPEC, file};

/// Exports a run three times into the project's folder.
fn export(project: &Project) {
    for (format, input, out) in [
        ("onnx", "uint8", "uint8.onnx"),
        ("onnx", "float32", "float32.onnx"),
        ("safetensors", "uint8", "model.safetensors"),
    ] {
        let ran = project.frostline(&["export", "a", "--format", format, "--input", input, "--out", out]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(ran.stdout.trim(), out);
    }
}

#[test]
fn exported_files_hold_the_base_that_was_fine_tuned_and_say_how_to_use_it() {
    let project = Project::new();
    project.run();
    export(&project);
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/weights/vgg16-imagenet-notop.f16.safetensors");
    let shipped = weights::read(&PathBuf::from(shipped)).expect("the weights that ship are whole");
    for (out, source) in [("uint8.onnx", SourceFormat::Onnx), ("model.safetensors", SourceFormat::Safetensors)] {
        let exported = weights::read_vgg16(&project.path(out)).expect("an exported network has a base");
        assert_eq!(exported.source, source);
        assert_eq!((exported.preprocess, exported.basis), (Some(weights::Preprocess::Unit), Basis::Metadata));
        assert!(exported.origin.to_string().starts_with("trained by frostline on Oxford VGG"), "{}", exported.origin);
        assert_eq!(exported.convolutions[..11], shipped.convolutions[..11], "frozen");
        assert_ne!(exported.convolutions[11], shipped.convolutions[11], "trained");
    }
}

#[test]
fn the_same_run_is_exported_to_the_same_bytes() {
    let project = Project::new();
    project.run();
    export(&project);
    let names = ["uint8.onnx", "float32.onnx", "model.safetensors"];
    let first = names.map(|name| file(&project.path(""), name));
    export(&project);
    assert!(first == names.map(|name| file(&project.path(""), name)));
}

/// A Python that has all packages: the one that `FROSTLINE_PYTHON` names, else `python3`.
fn python(packages: &str) -> Option<OsString> {
    let script = "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(n) is None for n in sys.argv[1:]))";
    let able = |python: &OsString| {
        let output = Command::new(python).args(["-c", script]).args(packages.split(' ')).output();
        output.is_ok_and(|output| output.status.success())
    };
    let found = std::env::var_os("FROSTLINE_PYTHON").into_iter().chain(["python3".into()]).find(able);
    if found.is_none() {
        eprintln!("skipped: no Python with {packages} (FROSTLINE_PYTHON names one)");
    }
    found
}

/// Networks of every preprocessing, with tops of several shapes, held to what `predict` says by a script.
fn hold_to_predict(python: &OsStr, script: &str) {
    for (preprocess, classes, top) in [
        ("unit", 2, "hidden = [8]"),
        ("caffe", 3, "hidden = [8, 6]\nactivation = \"tanh\""),
        ("torch", 2, "hidden = []"),
        ("unit", 3, "hidden = [8]\nactivation = \"elu\""),
    ] {
        let project = Project::new();
        if classes == 3 {
            for (part, count) in [("train", 8), ("validation", 4)] {
                (0..count).for_each(|number| project.image(part, "green", number + 100));
            }
        }
        let spec = SPEC.replace("preprocess = \"unit\"", &format!("preprocess = \"{preprocess}\""));
        project.spec(&spec.replace("hidden = [8]", top));
        project.run();
        export(&project);
        let predicted = project.frostline(&["predict", "a", "data/validation", "--top-k", "99", "--format", "json"]);
        project.write("predictions.json", &predicted.stdout);
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/export").join(script);
        let mut command = Command::new(python);
        command.arg(script).arg(project.path("")).arg("predictions.json").current_dir(project.path(""));
        let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().expect("Python starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{preprocess}, {top}: {text}");
        eprintln!("{preprocess}, {classes} classes, {top}\n{text}");
    }
}

#[test]
fn other_runtimes_agree_with_predict() {
    let Some(python) = python("onnx onnxruntime openvino PIL numpy") else { return };
    hold_to_predict(&python, "check_onnx.py");
}

#[test]
fn pytorch_agrees_with_predict() {
    let Some(python) = python("torch torchvision safetensors PIL numpy") else { return };
    hold_to_predict(&python, "check_torch.py");
}

#[test]
fn the_export_of_a_run_in_another_precision_warns_that_it_will_not_agree_and_says_so_in_its_metadata() {
    for (precision, warns) in [("f32", false), ("bf16", true)] {
        let project = Project::new();
        project.edit("frozen_layers = 11", &format!("frozen_layers = 11\nfrozen_precision = \"{precision}\""));
        project.run();
        for (format, out) in [("onnx", "model.onnx"), ("safetensors", "model.safetensors")] {
            let ran = project.frostline(&["export", "a", "--format", format, "--out", out]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            let warning = format!("warning: the run's frozen layers are computed in `{precision}`");
            assert_eq!(ran.stderr.contains(&warning), warns, "{}", ran.stderr);
        }
        let bytes = file(&project.path(""), "model.safetensors");
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).expect("a sound file");
        assert_eq!(header.metadata().as_ref().expect("metadata")["precision"], precision);
        let key: Vec<u8> = [b"\x12", &[precision.len() as u8][..], precision.as_bytes()].concat();
        let graph = file(&project.path(""), "model.onnx");
        let has = |bytes: &[u8]| graph.windows(bytes.len()).any(|window| window == bytes);
        assert!(has(&[b"\x0a\x09precision", &key[..]].concat()), "the graph's metadata says {precision}");
    }
}

#[test]
fn the_readme_shows_the_script_that_the_test_runs() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a README");
    let script = std::fs::read_to_string(root.join("tests/export/load.py")).expect("a script");
    assert!(readme.contains(&script), "README.md and tests/export/load.py differ");
}

#[test]
fn an_exported_experiment_makes_the_same_network_again() {
    let project = Project::new();
    let run = project.path(project.run().to_str().expect("a path"));
    let arguments =
        ["export", "a", "--format", "safetensors", "--out", "out/m.safetensors", "--experiment", "out/m.toml"];
    std::fs::create_dir(project.path("out")).expect("the folder can be made");
    assert_eq!(project.frostline(&arguments).stdout, "out/m.safetensors\nout/m.toml\n");
    let spec = run.join("spec.toml");
    for experiment in ["out/m.toml", spec.to_str().expect("a path")] {
        let ran = project.frostline(&["--runs", "elsewhere", "run", experiment]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let again = project.path(ran.stdout.trim());
        for name in ["metrics.csv", "predictions.csv"] {
            assert!(file(&again, name) == file(&run, name), "{experiment}: {name} differs");
        }
    }
    let ran = project.frostline(&["run", spec.to_str().expect("a path")]);
    assert!(ran.stderr.contains("already done"), "{}", ran.stderr);
}
