//! Where an experiment comes from: what it extends, and who set each of its settings.

use std::path::Path;
use std::sync::Arc;

use toml::Value;

use super::context::{Context, OnDisk};
use super::key::Key;
use super::layer::Layer;
use super::load::resolve;
use super::model::{Experiment, Validation};
use super::origin::Origin;
use super::paths::relative;

/// What an experiment was written on top of: the files that it extends, resolved without it.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The files' names, the lowest first: `keras-blog.toml`.
    pub name: String,
    /// The settings that they make, as [`Experiment::settings`] has them.
    pub settings: Vec<(String, String)>,
}

impl Experiment {
    /// What the experiment extends; `None`: nothing. Where the files do not say which images, those are the experiment's own.
    pub fn template(&self) -> Option<Template> {
        let extended: Vec<&Layer> = self.context.layers.iter().filter(|layer| self.is_extended(layer)).collect();
        let mut names: Vec<String> = Vec::new();
        for name in extended.iter().filter_map(|layer| file_name(layer)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let layers = std::iter::once(self.images()).chain(extended.into_iter().cloned()).collect();
        let context = Context {
            layers,
            file: self.context.file.clone(),
            files: self.context.files.clone(),
            project_root: self.context.project_root.clone(),
            cwd: self.context.cwd.clone(),
            binary: self.context.binary.clone(),
            on_disk: OnDisk::Unchecked,
        };
        let resolved = (!names.is_empty()).then(|| resolve(&Arc::new(context), None, &mut Vec::new()))??;
        Some(Template { name: names.join(", "), settings: resolved.settings() })
    }

    /// Who set each setting, for those that somebody did: `experiments/pets.toml:7:1`, `--set top.dropout=0.3`. The rest have their defaults.
    pub fn origins(&self) -> Vec<(String, String)> {
        let keys = self.settings().into_iter().map(|(key, _)| key);
        keys.filter_map(|key| Some((key.clone(), self.said(self.provenance.of(&key)?)?))).collect()
    }

    /// An origin, seen from the project; `None` for defaults.
    fn said(&self, origin: &Origin) -> Option<String> {
        match origin {
            Origin::Defaults => None,
            Origin::File { file, key, .. } if file.path.starts_with(&self.project_root) => {
                let (line, column) = file.line_and_column(key.start);
                Some(format!("{}:{line}:{column}", relative(&self.project_root, &file.path)))
            }
            Origin::File { .. } | Origin::Environment { .. } | Origin::Set { .. } | Origin::Point { .. } => {
                Some(origin.to_string())
            }
        }
    }

    fn is_extended(&self, layer: &Layer) -> bool {
        file_of(layer).is_some_and(|path| path != self.context.file)
    }

    /// Where this experiment's images are: a layer of settings without which nothing resolves.
    fn images(&self) -> Layer {
        let mut layer = Layer::default();
        let mut set = |key: &str, value: Value| layer.set(&Key::dotted(key), value, Origin::Defaults);
        let text = |path: &Path| Value::String(path.display().to_string());
        set("data.train", text(&self.data.train));
        match &self.data.validation {
            Validation::Folder(folder) => set("data.validation", text(folder)),
            Validation::Fraction(fraction) => set("data.validation_fraction", Value::Float(fraction.get())),
        }
        layer
    }
}

fn file_of(layer: &Layer) -> Option<&Path> {
    layer.origins.values().find_map(|origin| match origin {
        Origin::File { file, .. } => Some(file.path.as_path()),
        Origin::Defaults | Origin::Environment { .. } | Origin::Set { .. } | Origin::Point { .. } => None,
    })
}

fn file_name(layer: &Layer) -> Option<String> {
    Some(file_of(layer)?.file_name()?.to_string_lossy().into_owned())
}
