//! What an experiment is, apart from where it lies and what it is called: its settings as a list, its digest, its resolved file.
//!
//! All of them read the same list ([`Experiment::listed`]), so that what is digested is what is shown and what is written.
//! Never in the digest: name, tags, `[sweep]`, comments, and the place of the project on disk. Paths in the project are relative to it; the
//! weights that come with frostline are `default` wherever they lie; other paths are absolute.

use std::fmt::Write;
use std::path::Path;

use super::knob::written;
use super::model::{Experiment, Setting};
use super::paths::{default_weights, relative};
use crate::digest::Digest;

/// Settings that tell experiments apart for people only.
const NAMES: [&str; 2] = ["name", "tags"];

/// Begins the digested text; the number changes when the meaning of a setting does.
const VERSION: &str = "frostline experiment 1";

/// A setting in which two experiments differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// For example `top.dropout`.
    pub key: String,
    /// Its value in the first; `None`: not there.
    pub before: Option<String>,
    /// Its value in the second; `None`: not there.
    pub after: Option<String>,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
        write!(f, "{} {} -> {}", self.key, or_none(&self.before), or_none(&self.after))
    }
}

impl Experiment {
    /// All settings but `[sweep]`, in the order of the manual: keys as in `--set`, values as in TOML, strings without quotes.
    pub fn settings(&self) -> Vec<(String, String)> {
        let plain = |setting: Setting| match setting.value {
            toml::Value::String(text) => (setting.key, text),
            other => (setting.key, written(&other)),
        };
        self.portable().into_iter().map(plain).collect()
    }

    /// Identifies the resolved experiment: the same for the same settings, wherever the project lies.
    pub fn digest(&self) -> Digest {
        let mut text = format!("{VERSION}\n");
        for setting in self.portable().into_iter().filter(|setting| !NAMES.contains(&setting.key.as_str())) {
            text += &format!("{} = {}\n", setting.key, written(&setting.value));
        }
        Digest::of(text.as_bytes())
    }

    /// The resolved experiment as a file in `folder`: it runs as it is, without what it extended, and means the same as this one.
    ///
    /// Paths are relative to `folder` where both lie in the project, absolute otherwise. `[sweep]` is left out: a run is one point.
    pub fn to_toml(&self, folder: &Path) -> String {
        let path = |path: &Path| match path.starts_with(&self.project_root) && folder.starts_with(&self.project_root) {
            true => relative(folder, path),
            false => path.display().to_string(),
        };
        let mut sections: Vec<(String, String)> = Vec::new();
        for Setting { key, value } in self.listed(&path) {
            let (section, name) = key.rsplit_once('.').unwrap_or(("", &key));
            let index = sections.iter().position(|(other, _)| other == section).unwrap_or_else(|| {
                sections.push((section.to_owned(), String::new()));
                sections.len() - 1
            });
            let lines = &mut sections[index].1;
            writeln!(lines, "{name} = {}", written(&value)).expect("writing to a string never fails");
        }
        let mut text =
            "# Written by frostline: every setting of the run, resolved. It runs from where it lies.\n".to_owned();
        for (section, lines) in sections {
            let header = if section.is_empty() { String::new() } else { format!("\n[{section}]\n") };
            text += &format!("{header}{lines}");
        }
        text
    }

    fn portable(&self) -> Vec<Setting> {
        let default = default_weights(&self.project_root, &self.context.near());
        self.listed(&|path| match path.strip_prefix(&self.project_root) {
            _ if default.as_deref() == Some(path) => "default".to_owned(),
            Ok(_) => relative(&self.project_root, path),
            Err(_) => path.display().to_string(),
        })
    }
}

/// The settings in which two experiments differ, in the order of the manual; those of the second alone come last.
pub fn diff(a: &Experiment, b: &Experiment) -> Vec<Change> {
    let (a, b) = (a.settings(), b.settings());
    let find = |list: &[(String, String)], key: &str| {
        list.iter().find(|(other, _)| other == key).map(|(_, value)| value.clone())
    };
    let new = b.iter().filter(|(key, _)| find(&a, key).is_none());
    let keys = a.iter().chain(new).map(|(key, _)| key);
    let changes = keys.map(|key| Change { key: key.clone(), before: find(&a, key), after: find(&b, key) });
    changes.filter(|change| change.before != change.after).collect()
}
