//! What the binary prints, and to whom: readers that are gone, disks that are full, bugs.

use std::fs::File;
use std::process::{Command, Stdio};

use crate::project::{Project, Ran};

/// A pipe that nobody reads, as behind `| true`.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe can be had");
    drop(reader);
    writer.into()
}

fn ended(command: &mut Command) -> Ran {
    Ran::of(command.output().expect("the binary starts"))
}

#[test]
fn a_reader_that_is_gone_has_read_enough() {
    let project = Project::new();
    for arguments in
        [&["schema"][..], &["completions", "bash"], &["check", "experiments/a.toml"], &["run", "experiments/a.toml"]]
    {
        let ran = ended(project.command(arguments).stdout(unread()));
        assert!(ran.code == 0 && !ran.stderr.contains("panicked"), "{arguments:?}: {}", ran.stderr);
    }
    let run = project.frostline(&["show", "a", "--format", "csv"]);
    assert_eq!(run.code, 0, "the run went on to its end: {}", run.stderr);
    for arguments in [&["ls"][..], &["show", "a"], &["report", "-o", "-"], &["plan", "experiments/a.toml"]] {
        let ran = ended(project.command(arguments).stdout(unread()));
        assert!(ran.code == 0 && !ran.stderr.contains("panicked"), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn nobody_need_read_what_goes_to_stderr() {
    let project = Project::new();
    project.edit("hidden = [8]", "epchs = 8");
    let mut command = project.command(&["check", "experiments/a.toml"]);
    assert_eq!(ended(command.stdout(unread()).stderr(unread())).code, 3);
}

#[test]
fn data_that_a_full_disk_does_not_take_are_a_failure() {
    let project = Project::new();
    let full = File::options().write(true).open("/dev/full").expect("Linux has such a disk");
    let ran = ended(project.command(&["schema"]).stdout(full));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("stdout does not take what is printed: No space left"), "{}", ran.stderr);
}

#[test]
fn a_bug_exits_with_one_and_asks_for_a_report() {
    let project = Project::new();
    let ran = ended(project.command(&["new", "mine"]).env("FROSTLINE_FAULT", "write:1:panic"));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    for part in ["panicked at src/files/fault.rs", "error: frostline came upon a bug", "hint: please report it"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}
