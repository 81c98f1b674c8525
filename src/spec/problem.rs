//! What can be wrong with an experiment file: all of it, each with its place and its cure.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::key::Key;
use super::origin::{Origin, SourceFile};

/// What kind of failure it is: the two have exit codes of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The experiment file itself is wrong.
    Invalid,
    /// The file is right, but data or weights that it names can't be used.
    Unusable,
}

/// Where a problem lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// These bytes of a file.
    Span {
        /// The file.
        file: Arc<SourceFile>,
        /// Bytes to be underlined.
        span: Range<usize>,
    },
    /// A file as a whole: one that lacks something, or can't be read.
    File(PathBuf),
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
        /// Its value.
        value: String,
    },
    /// A `--set` on the command line.
    Set {
        /// `K=V` as given.
        argument: String,
    },
    /// A point of a sweep.
    Point {
        /// `K = V`.
        pair: String,
    },
    /// The built-in defaults.
    Defaults,
}

impl Place {
    /// The place of the key that an origin tells of.
    pub fn key(origin: &Origin) -> Self {
        match origin {
            Origin::File { file, key, .. } => Self::Span { file: file.clone(), span: key.clone() },
            Origin::Environment { .. } | Origin::Set { .. } | Origin::Point { .. } | Origin::Defaults => {
                Self::value(origin)
            }
        }
    }

    /// The place of the value that an origin tells of.
    pub fn value(origin: &Origin) -> Self {
        match origin.clone() {
            Origin::Defaults => Self::Defaults,
            Origin::File { file, value, .. } => Self::Span { file, span: value },
            Origin::Environment { variable, value } => Self::Environment { variable, value },
            Origin::Set { argument } => Self::Set { argument },
            Origin::Point { pair, .. } => Self::Point { pair },
        }
    }

    /// Line and column, both from 1, where the place is in a file.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        match self {
            Self::Span { file, span } => Some(file.line_and_column(span.start)),
            Self::File(_) | Self::Environment { .. } | Self::Set { .. } | Self::Point { .. } | Self::Defaults => None,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// What kind of failure it is.
    pub class: Class,
    /// The key in question, where there is one.
    pub key: Option<Key>,
    /// Where it lies.
    pub place: Place,
    /// What is wrong, in a sentence that stands alone.
    pub title: String,
    /// What is said at the very place; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Vec<String>,
    /// Other places that belong to it, each with what is to be said there.
    pub others: Vec<(Place, String)>,
}

impl Problem {
    /// A problem of the file itself.
    pub fn invalid(place: Place, title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            class: Class::Invalid,
            key: None,
            place,
            title,
            label: String::new(),
            help: Vec::new(),
            others: Vec::new(),
        }
    }

    /// A problem of data or weights.
    pub fn unusable(place: Place, title: impl Into<String>) -> Self {
        Self { class: Class::Unusable, ..Self::invalid(place, title) }
    }

    /// The same, about a key.
    pub fn about(mut self, key: &Key) -> Self {
        self.key = Some(key.clone());
        self
    }

    /// The same, with a word at the place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same, with advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same, with another place that belongs to it.
    pub fn with(mut self, place: Place, label: impl Into<String>) -> Self {
        self.others.push((place, label.into()));
        self
    }
}

/// Everything that is wrong with one experiment; never empty as an error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", self.render(super::render::Colour::Plain).trim_end())]
pub struct Problems {
    list: Vec<Problem>,
    files: Vec<PathBuf>,
}

impl Problems {
    /// Sorted: files in the order in which they are named, within a file by line.
    pub fn new(mut list: Vec<Problem>, files: Vec<PathBuf>) -> Self {
        list.sort_by_key(|problem| match &problem.place {
            Place::Span { file, span } => (0, Some(file.path.clone()), span.start),
            Place::File(path) => (0, Some(path.clone()), usize::MAX),
            Place::Environment { .. } => (1, None, 0),
            Place::Set { .. } => (2, None, 0),
            Place::Point { .. } | Place::Defaults => (3, None, 0),
        });
        list.dedup();
        Self { list, files }
    }

    /// The experiment's file and every file that it extends, also those that can't be read: a change in one of them may mend it.
    pub fn source_files(&self) -> &[PathBuf] {
        &self.files
    }

    /// All problems.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// [`Class::Unusable`] only where nothing is wrong with the file itself.
    pub fn class(&self) -> Class {
        self.list.iter().map(|problem| problem.class).min().unwrap_or(Class::Invalid)
    }

    /// The text for people: source lines, carets, advice.
    pub fn render(&self, colour: super::render::Colour) -> String {
        super::render::render(&self.list, colour)
    }
}
