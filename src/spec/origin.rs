//! Where a setting was written: for messages, which show the place, and for people who ask who set it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::key::Key;

/// A file that takes part in an experiment.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Absolute.
    pub path: PathBuf,
    /// As messages show it: relative to the current directory where that is shorter.
    pub shown: String,
    /// Its whole text.
    pub text: String,
}

impl SourceFile {
    /// Line and column (in characters) of a byte offset, both from 1.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        (line, column)
    }

    /// The folder to which its paths are relative.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }
}

/// Where one key of one layer was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in defaults.
    Defaults,
    /// A file, with the bytes of the key and of its value.
    File {
        /// The file.
        file: Arc<SourceFile>,
        /// Bytes of the key, or of the table's header.
        key: Range<usize>,
        /// Bytes of the value.
        value: Range<usize>,
    },
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
        /// The folder to which its paths are relative.
        folder: PathBuf,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("defaults"),
            Self::File { file, key, .. } => {
                let (line, column) = file.line_and_column(key.start);
                write!(f, "{}:{line}:{column}", file.shown)
            }
            Self::Environment { variable, .. } => write!(f, "environment variable {variable}"),
            Self::Set { argument } => write!(f, "--set {argument}"),
            Self::Point { pair, .. } => write!(f, "sweep point {pair}"),
        }
    }
}

/// Who set each key of an experiment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Provenance(BTreeMap<Key, Origin>);

impl Provenance {
    /// From all values that were set, each with its origin.
    pub fn new(origins: BTreeMap<Key, Origin>) -> Self {
        Self(origins)
    }

    /// Who set a key such as `top.optimizer.lr`; `None` for keys that nobody set, optional ones.
    pub fn of(&self, key: &str) -> Option<&Origin> {
        self.find(&Key::dotted(key))
    }

    /// The same for exactly this key or table.
    pub fn get(&self, key: &Key) -> Option<&Origin> {
        self.0.get(key)
    }

    /// The same for a key, or for the nearest table or array around it.
    pub fn find(&self, key: &Key) -> Option<&Origin> {
        let mut key = key.clone();
        loop {
            if let Some(origin) = self.0.get(&key) {
                return Some(origin);
            }
            key = key.parent()?;
        }
    }

    /// Every key that was set, with its origin, in byte order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Origin)> {
        self.0.iter()
    }
}
