//! From paths that something happened to, to experiments that mean something else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::event::WatchEvent;
use super::folder::{experiment_files, is_experiment};
use super::queue::Decision;
use super::session::{Session, is_below};
use super::settle::{Phase, QUIET_DATA};
use crate::spec::{self, Class, Experiment, Problems};

/// Why an experiment is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// It, or what it extends, was saved.
    File,
    /// Something happened to its images.
    Images,
    /// The folder that it lies in has come, or changed.
    Folder,
    /// Everything is looked at.
    Survey,
}

impl Session {
    /// Notes that something happened to a path, if it can matter.
    pub(super) fn heard(&mut self, path: &Path, phase: Phase) {
        let (now, places) = (self.tools.clock.monotonic(), self.catalogue.places());
        if places.projects.iter().any(|project| path.starts_with((self.tools.runs_of)(project).root())) {
            return;
        }
        let is_inside = is_below(path, &self.options.folder);
        if places.sources.contains(path) || is_inside && (is_experiment(path) || path.is_dir() || self.was_folder(path))
        {
            self.settle.note(path, now, phase);
        }
        for folder in places.images.iter().filter(|folder| path.starts_with(folder)) {
            self.settle.touch(folder, now, QUIET_DATA);
        }
    }

    /// Whether a path that is gone was a folder of experiments: nobody tells of what was in it.
    fn was_folder(&self, path: &Path) -> bool {
        !path.exists() && self.catalogue.files().any(|file| is_below(file, path))
    }

    /// A path is quiet again: looks at the experiments that it concerns.
    pub(super) fn settled(&mut self, path: &Path) {
        if self.catalogue.places().images.contains(path) {
            self.catalogue.of_images(path).iter().for_each(|file| self.look(file, Cause::Images));
        }
        let mut files: BTreeMap<PathBuf, Cause> = BTreeMap::new();
        if is_below(path, &self.options.folder) {
            files.extend(self.catalogue.below(path).into_iter().map(|file| (file, Cause::Folder)));
            if path.is_dir() {
                files.extend(experiment_files(path).into_iter().map(|file| (file, Cause::Folder)));
            } else if is_experiment(path) {
                files.insert(path.to_owned(), Cause::File);
            }
        }
        files.extend(self.catalogue.of_source(path).into_iter().map(|file| (file, Cause::File)));
        files.iter().for_each(|(file, cause)| self.look(file, *cause));
    }

    /// Looks at every experiment file there is, and at those that were there.
    pub(super) fn survey(&mut self) {
        let mut files: BTreeSet<PathBuf> = experiment_files(&self.options.folder).into_iter().collect();
        files.extend(self.catalogue.files().map(Path::to_owned));
        files.iter().for_each(|file| self.look(file, Cause::Survey));
        self.looked();
    }

    /// Looks again at experiments that only lack data or weights: nobody tells when these come.
    pub(super) fn look_for_data(&mut self) {
        let files = self.catalogue.unusable();
        files.iter().for_each(|file| self.look(file, Cause::Survey));
        if !files.is_empty() {
            self.looked();
        }
    }

    /// Experiments have been looked at: watches what matters now, and tells of the queue.
    pub(super) fn looked(&mut self) {
        if self.catalogue.settle_places() {
            self.watch_all();
        }
        let waiting: Vec<PathBuf> = self.queue.waiting().map(Path::to_owned).collect();
        match std::mem::take(&mut self.newly_waiting).as_slice() {
            [] => {}
            [one] => self.report(WatchEvent::Queued { experiment: one.clone(), queue: waiting }),
            [..] => self.report(WatchEvent::Queue { waiting }),
        }
    }

    /// Loads an experiment and decides what its present content means.
    fn look(&mut self, file: &Path, cause: Cause) {
        if !file.is_file() {
            return self.removed(file);
        }
        match (self.tools.load)(file) {
            Ok(experiment) => self.loaded(file, experiment, cause),
            Err(problems) => self.broken(file, &problems),
        }
    }

    fn loaded(&mut self, file: &Path, experiment: Experiment, cause: Cause) {
        let images = if cause == Cause::Images { self.lookout.images_digest(&experiment).ok() } else { None };
        let known = self.catalogue.entry(file);
        let before = known.experiment.replace(Arc::new(experiment.clone()));
        let mended = known.broken.take().is_some();
        known.sources = experiment.source_files.clone();
        let other_images = cause == Cause::Images && (images.is_none() || images != known.images);
        let sweeps = self.tools.sweep.is_some();
        let same = before.as_ref().is_some_and(|before| is_same(before, &experiment, sweeps));
        let due = mended || other_images || cause == Cause::File && std::mem::take(&mut known.skipped);
        if mended {
            self.report(WatchEvent::Mended { experiment: file.to_owned() });
        }
        if same && !due {
            if matches!(cause, Cause::File | Cause::Images) {
                self.report(WatchEvent::Unchanged { experiment: file.to_owned() });
            }
            return;
        }
        self.tell_change(file, before.as_deref(), &experiment, (cause, other_images));
        self.submit(file);
    }

    /// Says what is new about an experiment.
    fn tell_change(&self, file: &Path, before: Option<&Experiment>, after: &Experiment, why: (Cause, bool)) {
        let (cause, data) = why;
        let experiment = file.to_owned();
        let Some(before) = before else {
            return self.report(match cause {
                Cause::Survey => WatchEvent::Found { experiment },
                Cause::File | Cause::Images | Cause::Folder => {
                    WatchEvent::Changed { experiment, changes: Vec::new(), data }
                }
            });
        };
        let mut changes: Vec<String> = spec::diff(before, after).iter().map(ToString::to_string).collect();
        if self.tools.sweep.is_some() && before.sweep != after.sweep {
            changes.push("its sweep".to_owned());
        }
        if data || !changes.is_empty() {
            self.report(WatchEvent::Changed { experiment, changes, data });
        }
    }

    /// An experiment is to run.
    pub(super) fn submit(&mut self, file: &Path) {
        match self.queue.submit(file) {
            Decision::Next => {}
            Decision::Ignore => {
                self.catalogue.entry(file).skipped = true;
                self.report(WatchEvent::Skipped { experiment: file.to_owned() });
            }
            Decision::Stop => self.stop_running(file, "it changed"),
            Decision::Wait => self.newly_waiting.push(file.to_owned()),
        }
    }

    fn broken(&mut self, file: &Path, problems: &Problems) {
        let text = (self.tools.render)(problems);
        let known = self.catalogue.entry(file);
        known.sources = problems.source_files().to_vec();
        known.unusable = problems.class() == Class::Unusable;
        if known.broken.as_ref() != Some(&text) {
            known.broken = Some(text.clone());
            self.report(WatchEvent::Broken { experiment: file.to_owned(), problems: text });
        }
    }

    fn removed(&mut self, file: &Path) {
        if !self.catalogue.remove(file) {
            return;
        }
        self.report(WatchEvent::Removed { experiment: file.to_owned() });
        if self.queue.withdraw(file) {
            self.stop_running(file, "its file is gone");
        }
    }
}

/// Whether two experiments mean the same and belong to the same name; with `sweeps`, what they vary is part of it.
fn is_same(before: &Experiment, after: &Experiment, sweeps: bool) -> bool {
    let same_sweep = !sweeps || before.sweep == after.sweep;
    same_sweep && before.name == after.name && before.digest() == after.digest()
}
