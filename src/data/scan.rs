//! Walks a folder of class folders into a [`Manifest`].
//!
//! What is an image is decided by a file's first bytes, never by its name. Files that every system leaves about
//! (hidden ones, `Thumbs.db`, `desktop.ini`, `__MACOSX`) are not looked at. Links are followed.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::decode::{Format, describe};
use super::digests::Digests;
use super::manifest::{Image, Manifest, Skipped, path_under};
use super::problem::{DataError, Problem};
use crate::digest::Digest;

/// What to do with a file in a class folder that is no image, or a damaged one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBadImage {
    /// Report it and stop.
    #[default]
    Fail,
    /// Leave it out and list it in [`Manifest::skipped`].
    Skip,
}

/// What to do about a class that is asked for by name, and of which there is no image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAbsentClass {
    /// Report it and stop.
    #[default]
    Fail,
    /// Go on with the others, if there are any.
    Allow,
}

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// The classes and their order; all folders in byte order of their names where absent.
    pub classes: Option<Vec<String>>,
    /// The first images of each class only, in byte order of their paths.
    pub limit_per_class: Option<usize>,
    /// What to do with files that are no images.
    pub on_bad_image: OnBadImage,
    /// What to do about classes of [`Self::classes`] without images.
    pub on_absent_class: OnAbsentClass,
}

/// Finds the images under `root`. Digests are computed in the current rayon pool, in bounded memory.
///
/// # Errors
/// All problems at once: a missing folder, a class without images or of an unknown name, files that are no images...
pub fn scan(root: &Path, options: &ScanOptions) -> Result<Manifest, DataError> {
    scan_again(root, options, &Digests::default(), SystemTime::UNIX_EPOCH)
}

/// As [`scan`], reading only files that have changed since `digests` has seen them; `now` is the time.
///
/// # Errors
/// As [`scan`].
pub fn scan_again(
    root: &Path,
    options: &ScanOptions,
    digests: &Digests,
    now: SystemTime,
) -> Result<Manifest, DataError> {
    let fail = |problems| DataError { root: root.to_path_buf(), problems };
    let found = class_folders(root).map_err(|problem| fail(vec![problem]))?;
    let (classes, mut problems) = choose_classes(&found, options);
    let mut scan = Scan { root, problems: Vec::new(), skipped: Vec::new(), options, digests, now };
    let mut images = Vec::new();
    for (class, name) in classes.iter().enumerate().filter(|(_, name)| found.contains(name)) {
        images.extend(scan.class(class as u32, name));
    }
    problems.append(&mut scan.problems);
    if problems.is_empty() {
        let manifest = Manifest { root: root.to_path_buf(), classes, images, skipped: scan.skipped };
        match options.on_absent_class {
            OnAbsentClass::Allow if !manifest.images.is_empty() => Ok(manifest),
            OnAbsentClass::Allow | OnAbsentClass::Fail => manifest.check_classes().map(|()| manifest),
        }
    } else {
        let empty = |class: &&String| !images.iter().any(|image| classes[image.class as usize] == **class);
        problems.extend(classes.iter().filter(empty).map(|class| Problem::EmptyClass { class: class.clone() }));
        Err(fail(problems))
    }
}

/// The class folders under `root` that are none of `classes`, each with the number of its images.
///
/// # Errors
/// A folder or a file cannot be read.
pub fn left_out(root: &Path, classes: &[String]) -> Result<Vec<(String, usize)>, DataError> {
    let fail = |problems| DataError { root: root.to_path_buf(), problems };
    let found = class_folders(root).map_err(|problem| fail(vec![problem]))?;
    let (options, digests) = (ScanOptions::default(), Digests::default());
    let now = SystemTime::UNIX_EPOCH;
    let mut scan = Scan { root, problems: Vec::new(), skipped: Vec::new(), options: &options, digests: &digests, now };
    let mut left_out = Vec::new();
    for name in found.into_iter().filter(|name| !classes.contains(name)) {
        let mut files = Vec::new();
        scan.walk(name.clone(), &mut Vec::new(), &mut files);
        left_out.push((name, files.iter().filter(|path| is_image(&path_under(root, path))).count()));
    }
    DataError::unless_empty(root, scan.problems).map(|()| left_out)
}

/// Names of the folders directly under the root, in byte order.
fn class_folders(root: &Path) -> Result<Vec<String>, Problem> {
    match fs::metadata(root) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Problem::MissingFolder),
        Err(source) => return Err(Problem::Unreadable { path: String::new(), source }),
        Ok(metadata) if !metadata.is_dir() => return Err(Problem::NotAFolder),
        Ok(_) => {}
    }
    let entries = read_folder(root, "")?;
    let (folders, files): (Vec<_>, Vec<_>) = entries.into_iter().partition(|name| path_under(root, name).is_dir());
    if folders.is_empty() {
        return Err(Problem::NoClasses { files: files.len() });
    }
    Ok(folders)
}

/// The classes in the order of their indices, and what is wrong with the wish.
fn choose_classes(found: &[String], options: &ScanOptions) -> (Vec<String>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut classes: Vec<String> = Vec::new();
    let wanted = options.classes.as_deref().unwrap_or(found);
    let may_lack = options.on_absent_class == OnAbsentClass::Allow && wanted.iter().any(|class| found.contains(class));
    for class in wanted {
        if classes.contains(class) {
            problems.push(Problem::RepeatedClass { class: class.clone() });
        } else if may_lack || found.contains(class) {
            classes.push(class.clone());
        } else {
            problems.push(Problem::UnknownClass { class: class.clone(), suggestion: most_similar(class, found) });
        }
    }
    if let ([class], true) = (classes.as_slice(), problems.is_empty()) {
        problems.push(Problem::OneClass { class: class.clone() });
    }
    (classes, problems)
}

/// Similarity from which a name is worth suggesting; clap uses the same measure and a like threshold.
const SIMILAR: f64 = 0.7;

fn most_similar(name: &str, among: &[String]) -> Option<String> {
    let scored = among.iter().map(|other| (strsim::jaro(name, other), other));
    scored.filter(|(score, _)| *score > SIMILAR).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other.clone())
}

/// Names in a folder that anybody would look at, in byte order. `relative` is the folder's path under the root.
fn read_folder(folder: &Path, relative: &str) -> Result<Vec<String>, Problem> {
    let unreadable = |source| Problem::Unreadable { path: relative.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        match name.to_str() {
            Some(name) if is_clutter(name) => {}
            Some(name) => names.push(name.to_owned()),
            None => return Err(Problem::NotUtf8 { path: join(relative, &name.to_string_lossy()) }),
        }
    }
    names.sort_unstable();
    Ok(names)
}

pub(super) fn is_clutter(name: &str) -> bool {
    name.starts_with('.') || ["thumbs.db", "desktop.ini", "__macosx"].contains(&name.to_ascii_lowercase().as_str())
}

fn join(relative: &str, name: &str) -> String {
    if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") }
}

/// A scan under way.
struct Scan<'a> {
    root: &'a Path,
    options: &'a ScanOptions,
    digests: &'a Digests,
    now: SystemTime,
    problems: Vec<Problem>,
    skipped: Vec<Skipped>,
}

/// What a file turned out to be.
enum Looked {
    Image { digest: Digest, bytes: u64 },
    Other { found: String },
    Unreadable(std::io::Error),
}

impl Scan<'_> {
    /// The images of one class, in byte order of their paths, up to the limit.
    fn class(&mut self, class: u32, name: &str) -> Vec<Image> {
        let mut files = Vec::new();
        self.walk(name.to_owned(), &mut Vec::new(), &mut files);
        files.sort_unstable();
        let limit = self.options.limit_per_class.unwrap_or(files.len());
        let mut images = Vec::with_capacity(limit.min(files.len()));
        let mut rest = files.as_slice();
        // A file that is no image doesn't count towards the limit, so another round may be needed.
        while images.len() < limit && !rest.is_empty() {
            let (round, later) = rest.split_at(rest.len().min(limit - images.len()));
            rest = later;
            let looked: Vec<_> = round.par_iter().map(|path| self.look(&path_under(self.root, path))).collect();
            for (path, looked) in round.iter().zip(looked) {
                images.extend(self.sort_in(class, path, looked));
            }
        }
        images
    }

    /// Collects the paths of all files under a folder; `ancestors` are the real folders it lies in.
    fn walk(&mut self, relative: String, ancestors: &mut Vec<PathBuf>, files: &mut Vec<String>) {
        let folder = path_under(self.root, &relative);
        let real = match fs::canonicalize(&folder) {
            Ok(real) => real,
            Err(source) => return self.problems.push(Problem::Unreadable { path: relative, source }),
        };
        if ancestors.contains(&real) {
            return self.problems.push(Problem::Loop { path: relative });
        }
        let names = match read_folder(&folder, &relative) {
            Ok(names) => names,
            Err(problem) => return self.problems.push(problem),
        };
        ancestors.push(real);
        for name in names {
            let path = join(&relative, &name);
            if path_under(self.root, &path).is_dir() {
                self.walk(path, ancestors, files);
            } else {
                files.push(path);
            }
        }
        ancestors.pop();
    }

    /// What a file is, by its digest where that is known.
    fn look(&self, path: &Path) -> Looked {
        let looked = || -> std::io::Result<Looked> {
            let metadata = fs::metadata(path)?;
            if let Some(digest) = self.digests.recall(path, &metadata) {
                return Ok(Looked::Image { digest, bytes: metadata.len() });
            }
            let looked = look(File::open(path)?)?;
            if let Looked::Image { digest, .. } = looked {
                self.digests.keep(path, &metadata, digest, self.now);
            }
            Ok(looked)
        };
        looked().unwrap_or_else(Looked::Unreadable)
    }

    fn sort_in(&mut self, class: u32, path: &str, looked: Looked) -> Option<Image> {
        let path = path.to_owned();
        match (looked, self.options.on_bad_image) {
            (Looked::Image { digest, bytes }, _) => return Some(Image { path, class, digest, bytes }),
            (Looked::Other { found }, OnBadImage::Fail) => self.problems.push(Problem::NotAnImage { path, found }),
            (Looked::Other { found }, OnBadImage::Skip) => {
                self.skipped.push(Skipped { path, reason: format!("not an image: {found}") });
            }
            (Looked::Unreadable(source), _) => self.problems.push(Problem::Unreadable { path, source }),
        }
        None
    }
}

/// Whether a file is an image by its first bytes.
fn is_image(path: &Path) -> bool {
    File::open(path).and_then(|mut file| head(&mut file)).is_ok_and(|head| Format::sniff(&head).is_some())
}

fn head(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(Format::HEAD);
    file.take(Format::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads a file once: its first bytes say what it is, all of them give the digest.
fn look(mut file: File) -> std::io::Result<Looked> {
    let bytes = file.metadata()?.len();
    let head = head(&mut file)?;
    if Format::sniff(&head).is_none() {
        return Ok(Looked::Other { found: describe(&head).to_owned() });
    }
    Ok(Looked::Image { digest: Digest::of_reader(head.chain(file))?, bytes })
}
