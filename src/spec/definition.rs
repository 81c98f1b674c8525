//! `[sweep]` as text: what defines a sweep, and a file that holds all of it.

use std::path::Path;

use toml::{Table, Value};

use super::load::{folder_of, merged};
use super::model::Experiment;
use super::paths::absolute;
use crate::digest::Digest;

/// Begins the digested text; the number changes when the meaning of a setting does.
const VERSION: &str = "frostline sweep 1";
/// Settings that change how many points there are, or how they are run, but not which point is which.
const EXTENT: [&str; 3] = ["trials", "repeats", "parallel"];
/// Keys whose values are paths.
const PATHS: [&str; 3] = ["data.train", "data.validation", "weights.path"];

impl Experiment {
    /// Identifies the sweep by content: the base experiment and the space, whatever `trials`, `repeats` and `parallel` are, so that raising
    /// them goes on with the same sweep.
    pub fn sweep_digest(&self) -> Digest {
        let mut table = self.sweep_table();
        EXTENT.iter().for_each(|key| {
            table.remove(*key);
        });
        let space = toml::to_string(&table).expect("a table that was read can be written");
        Digest::of(format!("{VERSION}\n{}\n{space}", self.digest()).as_bytes())
    }

    /// The experiment with its `[sweep]`, resolved, as a file in `folder`; paths in the space are absolute.
    pub fn to_sweep_toml(&self, folder: &Path) -> String {
        let mut table = self.sweep_table();
        for (key, value) in table.get_mut("space").and_then(Value::as_table_mut).into_iter().flatten() {
            if PATHS.contains(&key.as_str()) {
                let from = folder_of(key, &self.provenance).unwrap_or(&self.context.cwd).to_owned();
                anchor(value, &from);
            }
        }
        let sweep: Table = [("sweep".to_owned(), Value::Table(table))].into_iter().collect();
        let text = toml::to_string(&sweep).expect("a table that was read can be written");
        format!("{}\n{text}", self.to_toml(folder))
    }

    fn sweep_table(&self) -> Table {
        let (layer, _) = merged(&self.context, None, &mut Vec::new());
        layer.table.get("sweep").and_then(Value::as_table).cloned().unwrap_or_default()
    }
}

/// Makes every text in a value an absolute path.
fn anchor(value: &mut Value, folder: &Path) {
    match value {
        Value::String(text) => *text = absolute(folder, Path::new(text)).display().to_string(),
        Value::Array(items) => items.iter_mut().for_each(|item| anchor(item, folder)),
        Value::Table(table) => {
            table.iter_mut().filter(|(key, _)| *key == "choice").for_each(|(_, item)| anchor(item, folder))
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}
