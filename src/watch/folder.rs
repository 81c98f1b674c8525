//! Which files of a folder are experiments.

use std::path::{Path, PathBuf};

/// Whether a path is named as an experiment file is: `*.toml`, not hidden.
pub(super) fn is_experiment(path: &Path) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    !is_hidden && path.extension().is_some_and(|extension| extension == "toml")
}

/// The experiment files in a folder and below, in the order of their names. Runs and hidden folders are passed over.
pub fn experiment_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in crate::files::list_folder(&folder).unwrap_or_default() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() && !name.starts_with('.') && name != "runs" {
                folders.push(path);
            } else if is_experiment(&path) && path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_are_found_below_and_runs_and_hidden_files_are_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for inner in
            ["b.toml", "sub/a.toml", ".hidden.toml", "notes.txt", "runs/x/0001-00000000/spec.toml", ".git/c.toml"]
        {
            let path = folder.path().join(inner);
            std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("the folder can be made");
            std::fs::write(path, "").expect("the file can be written");
        }
        let found = experiment_files(folder.path());
        let names: Vec<_> = found.iter().filter_map(|path| path.strip_prefix(folder.path()).ok()).collect();
        assert_eq!(names, [Path::new("b.toml"), Path::new("sub/a.toml")]);
    }
}
