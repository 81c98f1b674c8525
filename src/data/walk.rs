//! All files under a folder, one after the other: nothing is listed before it is asked for.

use std::fs;
use std::path::{Path, PathBuf};

use super::load::LoadError;
use super::scan::is_clutter;

/// The files under a folder, in byte order of the names in each folder; what every system leaves about is passed over.
#[derive(Debug)]
pub struct Walk {
    /// What is still to be visited, the next one last.
    pending: Vec<Step>,
    /// The real folders that the walk is in: a link to one of them would have no end.
    inside: Vec<PathBuf>,
}

#[derive(Debug)]
enum Step {
    Visit(PathBuf),
    Leave,
}

impl Walk {
    /// The files under `path`; the path itself where it is no folder.
    pub fn new(path: &Path) -> Self {
        Self { pending: vec![Step::Visit(path.to_owned())], inside: Vec::new() }
    }

    /// Puts what is in a folder before all that is pending.
    fn enter(&mut self, folder: &Path) -> Result<(), LoadError> {
        let failed = |source| LoadError::Io { path: folder.to_owned(), source };
        let real = fs::canonicalize(folder).map_err(failed)?;
        if self.inside.contains(&real) {
            let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "a link to a folder that it lies in");
            return Err(failed(source));
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if !is_clutter(&name.to_string_lossy()) {
                names.push(name);
            }
        }
        names.sort_unstable();
        self.inside.push(real);
        self.pending.push(Step::Leave);
        self.pending.extend(names.iter().rev().map(|name| Step::Visit(folder.join(name))));
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Result<PathBuf, LoadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.pending.pop()? {
                Step::Leave => {
                    self.inside.pop();
                }
                Step::Visit(path) if path.is_dir() => {
                    if let Err(error) = self.enter(&path) {
                        return Some(Err(error));
                    }
                }
                Step::Visit(path) => return Some(Ok(path)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> Vec<String> {
        let shown = |path: PathBuf| path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        Walk::new(root).map(|found| found.map_or_else(|error| error.to_string(), shown)).collect()
    }

    #[test]
    fn files_come_in_order_and_clutter_does_not_come() {
        let root = tempfile::tempdir().expect("a folder");
        for name in ["b/2.png", "b/10.png", "a.jpg", "b/.hidden", "Thumbs.db", "c/d/e.gif"] {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "").expect("written");
        }
        assert_eq!(names(root.path()), ["a.jpg", "b/10.png", "b/2.png", "c/d/e.gif"]);
        assert_eq!(Walk::new(&root.path().join("gone.png")).count(), 1, "it is for the reader to find out");
    }

    #[test]
    fn a_link_back_is_said_once_and_ends() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("a")).expect("made");
        fs::write(root.path().join("a/1.png"), "").expect("written");
        std::os::unix::fs::symlink(root.path(), root.path().join("a/back")).expect("linked");
        let found = names(root.path());
        assert_eq!(found[0], "a/1.png");
        assert!(found.len() == 2 && found[1].contains("a link to a folder that it lies in"), "{found:?}");
    }
}
