//! What is known of the experiments of a folder, and which paths concern whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::Digest;
use crate::spec::model::Validation;
use crate::spec::{self, Experiment};

/// What is known of an experiment file.
#[derive(Default)]
pub(super) struct Known {
    /// As it was last loaded without a problem.
    pub experiment: Option<Arc<Experiment>>,
    /// As it was when it last had its turn.
    pub ran: Option<Arc<Experiment>>,
    /// The problems last shown, if it is broken.
    pub broken: Option<String>,
    /// Whether what is wrong is not in its file, but in data or weights that it names.
    pub unusable: bool,
    /// It and what it extends.
    pub sources: Vec<PathBuf>,
    /// Of its images, as they were last looked at.
    pub images: Option<Digest>,
    /// Whether its last run could not be done.
    pub failed: bool,
    /// Whether a change of it was left alone and has not run since.
    pub skipped: bool,
}

impl Known {
    /// Its turn has come: what changed since the last one.
    pub fn changes(&mut self) -> Vec<String> {
        let Some(now) = &self.experiment else { return Vec::new() };
        let before = self.ran.replace(Arc::clone(now));
        before.iter().flat_map(|before| spec::diff(before, now)).map(|change| change.to_string()).collect()
    }

    /// The image folders of an experiment.
    pub fn image_folders(&self) -> Vec<&Path> {
        let Some(experiment) = &self.experiment else { return Vec::new() };
        let mut folders = vec![experiment.data.train.as_path()];
        if let Validation::Folder(folder) = &experiment.data.validation {
            folders.push(folder);
        }
        folders
    }
}

/// Places that matter to some experiment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Experiment files and what they extend.
    pub sources: BTreeSet<PathBuf>,
    /// Folders of images.
    pub images: BTreeSet<PathBuf>,
    /// Folders that hold experiments' files; one for each project.
    pub projects: BTreeSet<PathBuf>,
}

/// The experiment files that are known.
#[derive(Default)]
pub(super) struct Catalogue {
    known: BTreeMap<PathBuf, Known>,
    places: Places,
}

impl Catalogue {
    /// What is known of a file.
    pub fn get(&self, file: &Path) -> Option<&Known> {
        self.known.get(file)
    }

    /// The same, to be noted.
    pub fn get_mut(&mut self, file: &Path) -> Option<&mut Known> {
        self.known.get_mut(file)
    }

    /// What is known of a file, which may be new.
    pub fn entry(&mut self, file: &Path) -> &mut Known {
        self.known.entry(file.to_owned()).or_default()
    }

    /// Forgets a file. Says whether it was known.
    pub fn remove(&mut self, file: &Path) -> bool {
        self.known.remove(file).is_some()
    }

    /// All files, in the order of their names.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.known.keys().map(PathBuf::as_path)
    }

    /// Whether something failed or is broken.
    pub fn has_failures(&self) -> bool {
        self.known.values().any(|known| known.failed || known.broken.is_some())
    }

    /// The places that mattered when [`Catalogue::settle_places`] was last called.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Finds out anew which places matter. Says whether they are others than before.
    pub fn settle_places(&mut self) -> bool {
        let mut places = Places::default();
        for (file, known) in &self.known {
            add(&mut places.sources, file);
            known.sources.iter().for_each(|source| add(&mut places.sources, source));
            known.image_folders().into_iter().for_each(|folder| add(&mut places.images, folder));
            known.experiment.iter().for_each(|experiment| add(&mut places.projects, &experiment.project_root));
        }
        let changed = places != self.places;
        self.places = places;
        changed
    }

    /// The experiments that a source file belongs to: it is their own, or extended by them.
    pub fn of_source(&self, source: &Path) -> Vec<PathBuf> {
        let concerned =
            |(file, known): &(&PathBuf, &Known)| *file == source || known.sources.iter().any(|it| it == source);
        self.known.iter().filter(concerned).map(|(file, _)| file.clone()).collect()
    }

    /// The experiments whose images lie in a folder.
    pub fn of_images(&self, folder: &Path) -> Vec<PathBuf> {
        let concerned = |(_, known): &(&PathBuf, &Known)| known.image_folders().contains(&folder);
        self.known.iter().filter(concerned).map(|(file, _)| file.clone()).collect()
    }

    /// The experiments that would be right if data or weights were there.
    pub fn unusable(&self) -> Vec<PathBuf> {
        let concerned = |(_, known): &(&PathBuf, &Known)| known.broken.is_some() && known.unusable;
        self.known.iter().filter(concerned).map(|(file, _)| file.clone()).collect()
    }

    /// The experiment files below a folder.
    pub fn below(&self, folder: &Path) -> Vec<PathBuf> {
        self.files().filter(|file| *file != folder && file.starts_with(folder)).map(Path::to_owned).collect()
    }
}

/// Many experiments share few places: nothing is copied that is there.
fn add(set: &mut BTreeSet<PathBuf>, path: &Path) {
    if !set.contains(path) {
        set.insert(path.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_concerns_all_that_extend_it_and_a_file_itself() {
        let mut catalogue = Catalogue::default();
        for name in ["/e/a.toml", "/e/b.toml"] {
            catalogue.entry(Path::new(name)).sources = vec![name.into(), "/t/base.toml".into()];
        }
        catalogue.entry(Path::new("/e/sub/c.toml")).sources = vec!["/e/sub/c.toml".into()];
        assert_eq!(catalogue.of_source(Path::new("/t/base.toml")), [Path::new("/e/a.toml"), Path::new("/e/b.toml")]);
        assert_eq!(catalogue.of_source(Path::new("/e/sub/c.toml")), [Path::new("/e/sub/c.toml")]);
        assert_eq!(catalogue.below(Path::new("/e/sub")), [Path::new("/e/sub/c.toml")]);
        assert!(catalogue.settle_places() && !catalogue.settle_places());
        assert!(catalogue.places().sources.contains(Path::new("/t/base.toml")));
    }
}
