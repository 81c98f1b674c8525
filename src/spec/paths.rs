//! Paths: relative to whom, and in which project. All by text alone, so that a symbolic link in a project stays in the project.

use std::path::{Component, Path, PathBuf};

/// The weights that come with frostline, in a project's `weights/`.
pub const DEFAULT_WEIGHTS: &str = "vgg16-imagenet-notop.f16.safetensors";

/// `path` as seen from `folder`, without `.` and `..`.
pub fn absolute(folder: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => out.push(part),
        }
    }
    out
}

/// `path` relative to `folder`, both absolute, with `/` between names.
pub fn relative(folder: &Path, path: &Path) -> String {
    let common = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let ups = folder.components().skip(common).map(|_| "..".to_owned());
    let downs = path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = ups.chain(downs).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// How messages show a path: relative to `cwd` if that is shorter.
pub fn shown(cwd: &Path, path: &Path) -> String {
    let full = path.display().to_string();
    let short = relative(cwd, path);
    if short.len() < full.len() { short } else { full }
}

/// The project to which an experiment's file belongs: the folder that holds `experiments/`, if the file lies in or below one; the folder that
/// holds `runs/`, for a run's spec.toml and for the files of a sweep; else the file's own folder.
pub fn project_root(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let run = folder.parent().and_then(Path::parent);
    if let Some(runs) = run.filter(|runs| file.ends_with("spec.toml") && runs.ends_with("runs")) {
        return runs.parent().unwrap_or(folder).to_owned();
    }
    let sweeps = folder.ancestors().find(|folder| folder.ends_with("sweeps"));
    let runs = sweeps.and_then(Path::parent).and_then(Path::parent);
    if let Some(runs) = runs.filter(|runs| runs.ends_with("runs")) {
        return runs.parent().unwrap_or(folder).to_owned();
    }
    let experiments = folder.ancestors().find(|folder| folder.ends_with("experiments"));
    experiments.and_then(Path::parent).unwrap_or(folder).to_owned()
}

/// The weights that come with frostline: in the project, or in one of the other folders, or above one of them (a binary's clone).
pub fn default_weights(project: &Path, beside: &[PathBuf]) -> Option<PathBuf> {
    let folders = std::iter::once(project).chain(beside.iter().flat_map(|folder| folder.ancestors()));
    folders.map(|folder| folder.join("weights").join(DEFAULT_WEIGHTS)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_file_that_names_them() {
        assert_eq!(absolute(Path::new("/p/experiments"), Path::new("../data/./x")), Path::new("/p/data/x"));
        assert_eq!(absolute(Path::new("/p"), Path::new("/data")), Path::new("/data"));
        assert_eq!(relative(Path::new("/p/runs/a/1"), Path::new("/p/data/x")), "../../../data/x");
        assert_eq!(relative(Path::new("/p"), Path::new("/p")), ".");
    }

    #[test]
    fn a_project_holds_its_experiments_and_its_runs() {
        assert_eq!(project_root(Path::new("/p/experiments/a.toml")), Path::new("/p"));
        assert_eq!(project_root(Path::new("/p/experiments/deep/a.toml")), Path::new("/p"));
        assert_eq!(project_root(Path::new("/p/runs/a/0001-deadbeef/spec.toml")), Path::new("/p"));
        assert_eq!(project_root(Path::new("/p/runs/a/sweeps/0001-deadbeef/best.toml")), Path::new("/p"));
        assert_eq!(project_root(Path::new("/p/runs/a/sweeps/0001-deadbeef/points/0001-seed0.toml")), Path::new("/p"));
        assert_eq!(project_root(Path::new("/elsewhere/a.toml")), Path::new("/elsewhere"));
    }
}
