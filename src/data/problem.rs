//! What can be wrong with a folder of images: errors that stop, warnings that do not.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use crate::digest::Digest;

/// One thing that makes a folder of images unusable.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The root does not exist.
    #[error("the folder does not exist")]
    MissingFolder,
    /// The root is a file.
    #[error("expected a folder with one folder per class, found a file")]
    NotAFolder,
    /// A file or folder could not be read.
    #[error("`{path}` cannot be read: {source}")]
    Unreadable {
        /// Relative to the root; empty for the root itself.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The root holds no class folder.
    #[error("expected one folder per class, found none{}", loose(*files))]
    NoClasses {
        /// Files that lie directly in the root.
        files: usize,
    },
    /// One class cannot be told from another.
    #[error("expected at least two classes, found only `{class}`")]
    OneClass {
        /// Its name.
        class: String,
    },
    /// `classes` names a folder that is not there.
    #[error("`classes` names `{class}`, but there is no such folder{}", meant(suggestion))]
    UnknownClass {
        /// As written.
        class: String,
        /// A folder with a similar name.
        suggestion: Option<String>,
    },
    /// `classes` names a folder twice.
    #[error("`classes` names `{class}` twice")]
    RepeatedClass {
        /// As written.
        class: String,
    },
    /// A class without images.
    #[error("class `{class}` has no image")]
    EmptyClass {
        /// Its name.
        class: String,
    },
    /// Too few images to have one on each side of a split.
    #[error("class `{class}` has {count} image, expected at least two to split into training and validation")]
    TooFewToSplit {
        /// Its name.
        class: String,
        /// Its number of images.
        count: usize,
    },
    /// A file in a class folder that is no image.
    #[error("`{path}` is not an image: {found}")]
    NotAnImage {
        /// Relative to the root.
        path: String,
        /// What it looks like.
        found: String,
    },
    /// A name that has no lossless text form.
    #[error("the name of `{path}` is not valid UTF-8")]
    NotUtf8 {
        /// Relative to the root, with replacement characters.
        path: String,
    },
    /// A link that leads back to a folder it lies in.
    #[error("`{path}` is a link to a folder that it lies in")]
    Loop {
        /// Relative to the root.
        path: String,
    },
}

fn loose(files: usize) -> String {
    if files == 0 { String::new() } else { format!(" ({files} files lie directly in it)") }
}

fn meant(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

impl Problem {
    /// The cure, where it is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::MissingFolder => Some("paths are relative to the file that names them"),
            Self::NoClasses { .. } | Self::OneClass { .. } | Self::NotAFolder => {
                Some("sort the images into folders named after their classes, such as `cats/` and `dogs/`")
            }
            Self::EmptyClass { .. } => {
                Some("add images, remove the folder, or list the other classes in `data.classes`")
            }
            Self::NotAnImage { .. } => Some("remove the file, or set `data.on_bad_image = \"skip\"`"),
            Self::NotUtf8 { .. } => Some("rename the file"),
            Self::Loop { .. } => Some("remove the link"),
            Self::Unreadable { .. }
            | Self::UnknownClass { .. }
            | Self::RepeatedClass { .. }
            | Self::TooFewToSplit { .. } => None,
        }
    }
}

/// Everything that is wrong with one folder of images. Displays as one line a problem.
#[derive(Debug)]
pub struct DataError {
    /// The folder of class folders.
    pub root: PathBuf,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// Problems shown before the rest are only counted: a screenful.
const SHOWN: usize = 20;

impl DataError {
    /// No error where there is no problem.
    pub(super) fn unless_empty(root: &Path, problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { root: root.to_path_buf(), problems }) }
    }

    /// Each cure once, in the order of the problems.
    pub fn hints(&self) -> Vec<&'static str> {
        let mut hints = Vec::new();
        for hint in self.problems.iter().filter_map(Problem::hint) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        hints
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: ", self.root.display())?;
        if let [problem] = self.problems.as_slice() {
            return write!(f, "{problem}");
        }
        write!(f, "{} problems", self.problems.len())?;
        for problem in self.problems.iter().take(SHOWN) {
            write!(f, "\n  {problem}")?;
        }
        match self.problems.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

impl std::error::Error for DataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.problems.as_slice() {
            [Problem::Unreadable { source, .. }] => Some(source),
            _ => None,
        }
    }
}

/// Something that makes results less trustworthy but stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The network will be judged by what it was trained on.
    InBoth {
        /// In the training manifest.
        train: String,
        /// In the validation manifest.
        validation: String,
    },
    /// The network is told two things about the same image.
    TwoLabels {
        /// The two files, in the training manifest.
        paths: [String; 2],
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InBoth { train, validation } => {
                write!(f, "the same image is in training (`{train}`) and in validation (`{validation}`)")
            }
            Self::TwoLabels { paths: [first, second] } => {
                write!(f, "the same image has two labels in training: `{first}` and `{second}`")
            }
        }
    }
}

/// What is doubtful about the two manifests of an experiment, in the order of their images.
pub fn warnings(train: &Manifest, validation: &Manifest) -> Vec<Warning> {
    let mut first_seen: HashMap<Digest, usize> = HashMap::with_capacity(train.images.len());
    let mut warnings = Vec::new();
    for (index, image) in train.images.iter().enumerate() {
        let first = &train.images[*first_seen.entry(image.digest).or_insert(index)];
        if first.class != image.class {
            warnings.push(Warning::TwoLabels { paths: [first.path.clone(), image.path.clone()] });
        }
    }
    for image in &validation.images {
        if let Some(&index) = first_seen.get(&image.digest) {
            let train = train.images[index].path.clone();
            warnings.push(Warning::InBoth { train, validation: image.path.clone() });
        }
    }
    warnings
}
