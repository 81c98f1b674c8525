//! The settings of an experiment as a flat list of keys and values: what is serialised, digested, compared and explained is this list.

use std::path::Path;

use toml::Value;

use crate::spec::knob::Knob;

/// One setting: its key as in `--set`, and its value as in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// For example `top.optimizer.lr`.
    pub key: String,
    /// The value; paths as the listing was asked to write them.
    pub value: Value,
}

/// Collects settings in the order of the manual.
pub struct Listing<'a> {
    settings: Vec<Setting>,
    section: String,
    path: &'a dyn Fn(&Path) -> String,
}

impl<'a> Listing<'a> {
    /// An empty list; `path` says how paths are written.
    pub fn new(path: &'a dyn Fn(&Path) -> String) -> Self {
        Self { settings: Vec::new(), section: String::new(), path }
    }

    /// Everything listed so far.
    pub fn into_settings(self) -> Vec<Setting> {
        self.settings
    }

    pub(super) fn section(&mut self, section: &str, list: impl FnOnce(&mut Self)) {
        let outer = self.section.clone();
        self.section = format!("{outer}{section}.");
        list(self);
        self.section = outer;
    }

    pub(super) fn knob(&mut self, key: &str, knob: &impl Knob) {
        self.value(key, knob.write());
    }

    pub(super) fn optional(&mut self, key: &str, knob: Option<&impl Knob>) {
        if let Some(knob) = knob {
            self.knob(key, knob);
        }
    }

    pub(super) fn path(&mut self, key: &str, path: &Path) {
        let text = (self.path)(path);
        self.value(key, Value::String(text));
    }

    pub(super) fn value(&mut self, key: &str, value: Value) {
        let key = format!("{}{key}", self.section);
        self.settings.push(Setting { key, value });
    }
}
