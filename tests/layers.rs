//! The arrows between modules: who may use whom, read from the imports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Doors to the world and identity: anyone above the kernels may use them.
const DOORS: [&str; 6] = ["clock", "digest", "event", "files", "rng", "stop"];

/// What each module may use besides the doors.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("kernels", &[]),
    ("net", &["kernels"]),
    ("train", &["net", "kernels"]),
    ("data", &[]),
    ("spec", &[]),
    ("cache", &[]),
    ("runs", &[]),
    ("weights", &["net"]),
    ("report", &["runs", "data", "watch", "sweep"]),
    ("stages", &["train", "net", "data", "cache", "spec", "runs", "weights", "kernels"]),
    ("watch", &["stages", "runs", "spec", "sweep"]),
    ("sweep", &["stages", "runs", "spec", "cache"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources can be listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module at the top of the tree that a source file belongs to.
fn home(path: &Path, root: &Path) -> String {
    let inner = path.strip_prefix(root).expect("a path below src");
    let first = inner.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// What ships of every source file: unit tests may use what they like.
fn shipped(root: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    sources(root, &mut files);
    let is_test = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
    let text = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a source file is text");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        (path, code)
    };
    files.into_iter().filter(|path| !is_test(path)).map(text).collect()
}

/// The modules that a text names as `crate::name`, also within braces right after `crate::`.
fn used(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for after in code.split("crate::").skip(1) {
        let group = match after.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().to_owned(),
            None => after.to_owned(),
        };
        let parts: Vec<&str> = if after.starts_with('{') { group.split(',').collect() } else { vec![&group] };
        for part in parts {
            let name: String = part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

#[test]
fn arrows_between_modules_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let mut wrong = Vec::new();
    for (path, text) in shipped(&root) {
        let home = home(&path, &root);
        let Some(may) = allowed.get(home.as_str()) else { continue };
        for name in used(&text) {
            let is_door = home != "kernels" && DOORS.contains(&name.as_str());
            if name != home && !is_door && !may.contains(&name.as_str()) {
                wrong.push(format!("{}: {home} must not use {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints_reads_the_environment_or_exits() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (path, code) in shipped(&root).iter().filter(|(path, _)| !["cli", "main"].contains(&home(path, &root).as_str()))
    {
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let doors = ["println!(", "eprintln!(", "std::env::var", "process::exit("];
            if doors.iter().any(|door| line.contains(door)) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
