//! The top level, `[data]`, `[weights]`, `[bottleneck]`: names and paths, and whether what they name is there.

use std::path::{Path, PathBuf};

use super::Checker;
use crate::spec::context::OnDisk;
use crate::spec::key::Key;
use crate::spec::knobs::{Extends, Name, ValidationFraction, WrittenPath};
use crate::spec::model::{Bottleneck, Data, Validation, Weights};
use crate::spec::paths::{DEFAULT_WEIGHTS, default_weights};
use crate::spec::problem::{Place, Problem};
use crate::spec::raw::{self, Field};
use crate::spec::sources::neighbour;

/// What a path must lead to.
#[derive(Clone, Copy)]
enum Kind {
    Folder,
    File,
}

impl Checker<'_> {
    /// Files take `extends` out before they are merged: what is left was said elsewhere.
    pub(super) fn extends(&mut self, field: &Field<Extends>) {
        if field.0.is_some() {
            let key = Key::dotted("extends");
            let problem = Problem::invalid(self.key(&key), "`extends` can only be said in a file");
            self.problems.push(problem.about(&key).label("expected in the experiment file, at the top"));
        }
    }

    /// The name, or else the file's stem.
    pub(super) fn name(&mut self, field: Field<Name>) -> Option<Name> {
        let key = Key::dotted("name");
        if let Some(name) = self.optional(&key, field)? {
            return Some(name);
        }
        let stem = self.context.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match Name::parse(&stem) {
            Ok(name) => Some(name),
            Err(fault) => {
                let problem = Problem::invalid(self.whole(), "the file's name can't be the experiment's").about(&key);
                let problem = problem.label(fault.label).help("rename the file, or set `name` in it");
                self.problems.push(fault.hint.into_iter().fold(problem, Problem::help));
                None
            }
        }
    }

    pub(super) fn data(&mut self, raw: raw::Data) -> Option<Data> {
        let at = Key::dotted("data");
        let train = self.required(at.join("train"), raw.train).and_then(|path| {
            let path = self.resolve(&at.join("train"), &path);
            self.exists(&at.join("train"), path, Kind::Folder)
        });
        let validation = self.validation(raw.validation, raw.validation_fraction);
        let classes = self.optional(&at.join("classes"), raw.classes);
        let limit_per_class = self.optional(&at.join("limit_per_class"), raw.limit_per_class);
        let target_size = self.required(at.join("target_size"), raw.target_size);
        let resize = self.required(at.join("resize"), raw.resize);
        let preprocess = self.required(at.join("preprocess"), raw.preprocess);
        let on_bad_image = self.required(at.join("on_bad_image"), raw.on_bad_image);
        Some(Data {
            train: train?,
            validation: validation?,
            classes: classes?,
            limit_per_class: limit_per_class?,
            target_size: target_size?,
            resize: resize?,
            preprocess: preprocess?,
            on_bad_image: on_bad_image?,
        })
    }

    fn validation(&mut self, folder: Field<WrittenPath>, fraction: Field<ValidationFraction>) -> Option<Validation> {
        let (folder_key, fraction_key) = (Key::dotted("data.validation"), Key::dotted("data.validation_fraction"));
        let folder = self.optional(&folder_key, folder);
        let fraction = self.optional(&fraction_key, fraction);
        match (folder?, fraction?) {
            (Some(folder), None) => {
                let path = self.resolve(&folder_key, &folder);
                self.exists(&folder_key, path, Kind::Folder).map(Validation::Folder)
            }
            (None, Some(fraction)) => Some(Validation::Fraction(fraction)),
            (Some(_), Some(_)) => {
                let title = "`validation` and `validation_fraction` exclude each other";
                let problem = Problem::invalid(self.key(&fraction_key), title).about(&fraction_key);
                let problem = problem.label("a share of the training images").with(self.key(&folder_key), "a folder");
                self.problems.push(problem.help("remove one of the two"));
                None
            }
            (None, None) => {
                let problem = Problem::invalid(self.table(&folder_key), "there are no validation images");
                let problem = problem.about(&folder_key).label("expected `validation` or `validation_fraction`");
                let problem = problem.help("name a folder: `validation = \"../data/cats-vs-dogs/validation\"`");
                self.problems.push(problem.help("or hold some training images out: `validation_fraction = 0.2`"));
                None
            }
        }
    }

    pub(super) fn weights(&mut self, raw: raw::Weights) -> Option<Weights> {
        let key = Key::dotted("weights.path");
        if let Some(path) = self.optional(&key, raw.path)? {
            let path = self.resolve(&key, &path);
            return self.exists(&key, path, Kind::File).map(|path| Weights { path });
        }
        let near = self.context.near();
        let found = default_weights(&self.context.project_root, &near);
        match (found, self.context.on_disk) {
            (Some(path), _) => Some(Weights { path }),
            (None, OnDisk::Unchecked) => {
                Some(Weights { path: self.context.project_root.join("weights").join(DEFAULT_WEIGHTS) })
            }
            (None, OnDisk::Checked) => {
                let title = "the weights that come with frostline were not found";
                let root = self.context.shown(&self.context.project_root);
                let label = format!("looked for `weights/{DEFAULT_WEIGHTS}` in `{root}`, and near the binary");
                let problem = Problem::unusable(self.whole(), title).about(&key).label(label);
                let help = "say where they are: `path = \"...\"` under `[weights]`, or `--set weights.path=...`";
                self.problems.push(problem.help(help));
                None
            }
        }
    }

    pub(super) fn bottleneck(&mut self, raw: raw::Bottleneck) -> Option<Bottleneck> {
        let at = Key::dotted("bottleneck");
        let batch_size = self.required(at.join("batch_size"), raw.batch_size);
        let precision = self.required(at.join("precision"), raw.precision);
        Some(Bottleneck { batch_size: batch_size?, precision: precision? })
    }

    /// A written path, seen from whoever wrote it.
    fn resolve(&self, key: &Key, path: &WrittenPath) -> PathBuf {
        self.context.absolute(self.provenance.find(key), path.as_str())
    }

    fn exists(&mut self, key: &Key, path: PathBuf, kind: Kind) -> Option<PathBuf> {
        let (is_there, what) = match kind {
            Kind::Folder => (path.is_dir(), "folder"),
            Kind::File => (path.is_file(), "file"),
        };
        if is_there || self.context.on_disk == OnDisk::Unchecked {
            return Some(path);
        }
        let shown = self.context.shown(&path);
        let label = match path.exists() {
            true => format!("`{shown}` is no {what}"),
            false => format!("there is no {what} `{shown}`"),
        };
        let place = self.value(key);
        let relative = match place {
            Place::Environment { .. } | Place::Set { .. } | Place::Point { .. } => "the current directory",
            Place::Span { .. } | Place::File(_) | Place::Defaults => "the file that names them",
        };
        let problem = Problem::unusable(place, format!("`{key}` names a {what} that isn't there"));
        let help = similar(&path).unwrap_or_else(|| format!("paths are relative to {relative}"));
        self.problems.push(problem.about(key).label(label).help(help));
        None
    }
}

/// The path that was perhaps meant: the first missing name, corrected.
fn similar(path: &Path) -> Option<String> {
    let missing = path.ancestors().take_while(|path| !path.exists()).last()?;
    let name = neighbour(missing)?;
    Some(format!("did you mean `{name}` instead of `{}`?", missing.file_name()?.to_string_lossy()))
}
