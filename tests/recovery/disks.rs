//! A disk that is full, and one that is read-only: small file systems in memory, which only root or a user with namespaces may mount.

use std::process::Command;

use crate::project::{Project, Ran};
use crate::work::{Reference, assert_whole, states};

/// How to have mounts of one's own: as root, or as root of a namespace.
const WAYS: [&str; 2] = ["-m", "-rm"];

/// Runs a script with `sh` in a mount namespace of its own, where `runs/` is a file system that can be filled. What it mounts
/// is gone with it.
fn isolated(project: &Project, script: &str) -> Option<Ran> {
    let works = |way: &&str| {
        let tried = Command::new("unshare").args([way, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let Some(way) = WAYS.into_iter().find(works) else {
        eprintln!("skipped: this user may not mount file systems");
        return None;
    };
    std::fs::create_dir_all(project.path("runs")).expect("it can be made");
    let binary = project.command(&[]).get_program().to_owned();
    let mut command = Command::new("unshare");
    command.args([way, "sh", "-c", script]).current_dir(project.path("")).env("FROSTLINE", binary);
    Some(Ran::of(command.output().expect("unshare starts")))
}

/// A line for each try: size and exit code; messages go to stderr.
const GROWING: &str = r#"
mount -t tmpfs -o size=16k tmpfs runs || exit 1
for size in 16k 64k 256k 1m 4m 12m 24m 32m 48m 64m 96m 128m 192m 256m; do
    mount -o remount,size=$size runs || exit 1
    "$FROSTLINE" run experiments/a.toml > /dev/null 2> message
    code=$?
    "$FROSTLINE" cache verify > /dev/null 2>&1
    echo "$size $code $? $(tr '\n' ' ' < message)"
    [ $code = 0 ] && break
done
mkdir kept && cp -r runs/. kept/
"#;

#[test]
fn a_full_disk_is_named_with_what_it_needs_and_with_more_room_the_run_goes_on() {
    let project = Project::new();
    let reference = Reference::of(&project);
    let Some(ran) = isolated(&project, GROWING) else { return };
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let tries: Vec<&str> = ran.stdout.lines().collect();
    let (last, full) = tries.split_last().expect("it tries");
    assert!(full.len() >= 3, "{tries:#?}");
    for line in full {
        let [_, code, verified, message] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(code == "1" || code == "5", "{line}");
        assert_eq!(verified, "0", "what was stored is whole: {line}");
        assert!(message.contains("error: ") && message.contains("runs"), "{line}");
        assert!(message.contains("hint: free ") && !message.contains("panicked"), "{line}");
    }
    assert_eq!(last.split(' ').nth(1), Some("0"), "{last}");
    std::fs::remove_dir(project.path("runs")).expect("it was mounted over and is empty");
    std::fs::rename(project.path("kept"), project.path("runs")).expect("it can be moved");
    reference.is(&project, "a full disk");
    assert_whole(&project, "a full disk");
    eprintln!("{} sizes were too small", full.len());
}

/// What reads may go on; what writes says that it cannot.
const READ_ONLY: &str = r#"
mount --bind runs runs && mount -o remount,ro,bind runs || exit 1
for verb in "ls" "show a" "cache list" "cache verify" "cache gc" "plan experiments/a.toml"; do
    "$FROSTLINE" $verb > /dev/null 2> message || { echo "$verb exits with $?"; cat message; }
done
"$FROSTLINE" run experiments/a.toml --set top.epochs=4 > /dev/null 2> message
echo "run $?"
cat message
"#;

#[test]
fn on_a_read_only_disk_everything_can_be_looked_at_and_a_run_says_what_is_wrong() {
    let project = Project::new();
    project.run();
    let Some(ran) = isolated(&project, READ_ONLY) else { return };
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("run 1\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("read-only") && ran.stdout.contains("hint: "), "{}", ran.stdout);
    assert_eq!(states(&project), ["done"]);
}
