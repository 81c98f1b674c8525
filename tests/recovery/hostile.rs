//! Files from anywhere: no panic, no memory that a header asks for, no path that leaves its folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Project, Ran, SPEC};
use crate::work::RUN;

/// Kilobytes of address space that the binary may take here: two decoders at their limits,
/// weights, threads and arithmetic. Every thread reserves some, so that their number is bounded too.
const MEMORY: u64 = 6_000_000;

/// Runs the binary with bounded memory.
fn bounded(project: &Project, arguments: &[&str]) -> Ran {
    let command = project.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$@\""), "sh"]).arg(command.get_program());
    shell.args(arguments).args(["--threads", "2"]).current_dir(project.path("")).env_remove("FROSTLINE_PROOF");
    Ran::of(shell.output().expect("sh starts"))
}

fn bad_images() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_images")
}

/// A PNG whose header claims 60,000 x 60,000 pixels, with the right checksum.
fn enormous_png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        bytes.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let body = [&name[..], data].concat();
        bytes.extend_from_slice(&body);
        let mut crc = flate2::Crc::new();
        crc.update(&body);
        bytes.extend_from_slice(&crc.sum().to_be_bytes());
    };
    let size = 60_000_u32.to_be_bytes();
    chunk(b"IHDR", &[&size[..], &size[..], &[8, 2, 0, 0, 0]].concat());
    chunk(b"IDAT", &[0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]);
    chunk(b"IEND", &[]);
    bytes
}

#[test]
fn an_enormous_png_is_refused_by_its_header() {
    let project = Project::new();
    std::fs::write(project.path("data/train/red/04.png"), enormous_png()).expect("it can be written");
    for arguments in [&["check", "experiments/a.toml", "--data"][..], &RUN] {
        let ran = bounded(&project, arguments);
        assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("04.png") && ran.stderr.contains("60000 x 60000"), "{}", ran.stderr);
    }
}

#[test]
fn a_run_that_skips_bad_images_lists_every_one_of_them_in_bounded_memory() {
    let project = Project::new();
    project.spec(&SPEC.replace("preprocess", "on_bad_image = \"skip\"\npreprocess"));
    let mut count = 0;
    for entry in std::fs::read_dir(bad_images()).expect("it can be listed") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension != "py") {
            let name = path.file_name().expect("a name");
            std::fs::copy(&path, project.path("data/train/red").join(name)).expect("it can be copied");
            count += 1;
        }
    }
    let ran = bounded(&project, &RUN);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    let run = PathBuf::from(ran.stdout.trim());
    let summary: serde_json::Value = serde_json::from_slice(&crate::project::file(&run, "summary.json")).expect("JSON");
    let skipped = summary["skipped"].as_array().expect("a list");
    assert!(skipped.len() > count / 2, "{skipped:#?}");
    assert!(
        skipped.iter().any(|file| file["path"].as_str().is_some_and(|path| path.contains("claims_a_terabyte.png")))
    );
}

#[test]
fn weights_whose_header_claims_a_terabyte_are_refused() {
    let project = Project::new();
    project.spec(&format!("{SPEC}\n[weights]\npath = \"../weights.safetensors\"\n"));
    let header = |length: u64, text: &str| [&length.to_le_bytes()[..], text.as_bytes()].concat();
    let terabyte = r#"{"features.0.weight":{"dtype":"F32","shape":[500000,500000],"data_offsets":[0,1000000000000]}}"#;
    let overflow = r#"{"features.0.weight":{"dtype":"F32","shape":[18446744073709551615,9],"data_offsets":[0,36]}}"#;
    let files = [
        header(1 << 40, "{}"),
        header(u64::MAX, "{}"),
        header(terabyte.len() as u64, terabyte),
        header(overflow.len() as u64, overflow),
        Vec::new(),
    ];
    for bytes in files {
        std::fs::write(project.path("weights.safetensors"), &bytes).expect("it can be written");
        let ran = bounded(&project, &RUN);
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(ran.stderr.contains("weights.safetensors"), "{}", ran.stderr);
    }
}

#[test]
fn a_file_without_an_end_is_no_experiment_and_no_weights() {
    let project = Project::new();
    project.spec(&format!("extends = [\"/dev/zero\"]\n{SPEC}"));
    let ran = bounded(&project, &RUN);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("zero`") && ran.stderr.contains("more than a megabyte"), "{}", ran.stderr);
    project.spec(&format!("{SPEC}\n[weights]\npath = \"/dev/zero\"\n"));
    let ran = bounded(&project, &RUN);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("`/dev/zero` is no file"), "{}", ran.stderr);
}

#[test]
fn no_name_leads_out_of_runs() {
    let project = Project::new();
    project.write("secret/spec.toml", "");
    for name in ["../secret", "..", "a/../../secret", "/etc", ".cache", "a\\\\u0000b"] {
        project.spec(&format!("name = \"{name}\"\n{SPEC}"));
        let ran = project.frostline(&RUN);
        assert_eq!(ran.code, 3, "{name}: {}", ran.stderr);
        let set = project.frostline(&["run", "experiments/a.toml", "--set", &format!("name=\"{name}\"")]);
        assert_eq!(set.code, 3, "{name}: {}", set.stderr);
    }
    for name in ["../secret", "../secret@best", "..@latest", ".cache"] {
        let ran = project.frostline(&["show", name]);
        assert_eq!(ran.code, 2, "{name}: {}{}", ran.stdout, ran.stderr);
    }
    assert_eq!(std::fs::read_dir(project.path("secret")).expect("it is there").count(), 1);
    assert!(!project.path("runs").exists());
}

#[test]
fn a_cache_that_others_made_never_removes_what_lies_outside_of_it() {
    let project = Project::new();
    project.run();
    project.write("precious/file", "precious");
    let link = project.path(&format!("runs/.cache/top-{}", "0".repeat(64)));
    std::os::unix::fs::symlink(project.path("precious"), &link).expect("it can be linked");
    let trash = project.path("runs/.cache/.trash-link");
    std::os::unix::fs::symlink(project.path("precious"), &trash).expect("it can be linked");
    std::fs::remove_dir_all(project.path("runs/a")).expect("it can be removed");
    std::fs::remove_file(project.path("experiments/a.toml")).expect("it can be removed");
    for arguments in [&["cache", "list"][..], &["cache", "verify", "--repair"], &["cache", "gc", "--yes"]] {
        let ran = project.frostline(arguments);
        assert!(matches!(ran.code, 0 | 4), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        let kept = std::fs::read_to_string(project.path("precious/file")).expect("it is there");
        assert_eq!(kept, "precious", "{arguments:?}");
        let count = std::fs::read_dir(project.path("precious")).expect("it is there").count();
        assert_eq!(count, 1, "{arguments:?} leaves something there");
    }
}

#[test]
fn a_variable_of_the_environment_that_is_no_text_is_passed_over() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new();
    let mut command = project.command(&["check", "experiments/a.toml"]);
    let ran = Ran::of(command.env("ODD", std::ffi::OsStr::from_bytes(b"\xff\xfe")).output().expect("it starts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
