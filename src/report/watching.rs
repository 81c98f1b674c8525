//! A watched folder, told in lines for people or in one JSON object per event for programs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::progress::sentence;
use crate::event::Event;
use crate::watch::{WatchEvent, WatchReporter};

/// One line per event, each with the experiment it belongs to.
pub struct WatchLines<W> {
    out: Mutex<W>,
    folder: PathBuf,
}

impl<W: Write + Send> WatchLines<W> {
    /// Lines into `out`; files are named as they lie in `folder`.
    pub fn new(out: W, folder: &Path) -> Self {
        Self { out: Mutex::new(out), folder: folder.to_owned() }
    }

    fn name(&self, file: &Path) -> String {
        file.strip_prefix(&self.folder).unwrap_or(file).with_extension("").display().to_string()
    }

    fn text(&self, event: &WatchEvent) -> Option<String> {
        Some(match event {
            WatchEvent::Watching { folder, experiments, polling } => {
                let how = polling.map(|seconds| format!(", polling every {seconds} s")).unwrap_or_default();
                format!("watching `{}`: {experiments} experiments{how}", folder.display())
            }
            WatchEvent::Polling { why } => format!("no file events from the system ({why}): polling instead"),
            WatchEvent::Lost { folder } => format!("`{}` is gone: waiting for it", folder.display()),
            WatchEvent::Back { folder } => format!("looking at all of `{}` anew", folder.display()),
            WatchEvent::Run { event: Event::Progress { .. } | Event::RunBegan { .. }, .. } => return None,
            WatchEvent::Run { experiment, event } => {
                format!("{}: {}", self.name(experiment), sentence(event)?.trim_start())
            }
            WatchEvent::Unchanged { experiment } => format!("{}: unchanged", self.name(experiment)),
            WatchEvent::Changed { experiment, changes, data } => {
                format!("{}: {}", self.name(experiment), changed(changes, *data))
            }
            WatchEvent::Planned { experiment, cached, run } => {
                format!("{}: {}", self.name(experiment), planned(cached, run))
            }
            WatchEvent::Broken { experiment, problems } => {
                format!("{}: not valid, its last good run stays\n{}", self.name(experiment), problems.trim_end())
            }
            WatchEvent::Queued { experiment, queue } => {
                let names: Vec<String> = queue.iter().map(|file| self.name(file)).collect();
                format!("{}: queued ({})", self.name(experiment), names.join(", "))
            }
            WatchEvent::Stopping { experiment, why } => format!("{}: stopping, {why}", self.name(experiment)),
            WatchEvent::Skipped { experiment } => {
                format!("{}: is running, this change is left for the next save", self.name(experiment))
            }
            WatchEvent::Removed { experiment } => format!("{}: removed", self.name(experiment)),
            WatchEvent::Failed { experiment, error } => format!("{}: {}", self.name(experiment), error.trim_end()),
        })
    }
}

impl<W: Write + Send> WatchReporter for WatchLines<W> {
    fn event(&self, event: &WatchEvent) {
        if let Some(text) = self.text(event) {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody can be told that nobody can be told.
            let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        }
    }
}

/// `top.dropout 0.5 -> 0.3`, or what else is new.
fn changed(changes: &[String], data: bool) -> String {
    match (changes.is_empty(), data) {
        (false, _) => changes.join(", "),
        (true, true) => "its images changed".to_owned(),
        (true, false) => "new".to_owned(),
    }
}

/// `bottleneck cached, top, fine_tune run`
fn planned(cached: &[String], run: &[String]) -> String {
    let part = |stages: &[String], what: &str| {
        (!stages.is_empty()).then(|| format!("{} {what}", stages.join(", "))).into_iter().collect::<Vec<_>>()
    };
    [part(cached, "cached"), part(run, "run")].concat().join(", ")
}

/// One JSON object per event, one a line.
pub struct WatchJson<W> {
    out: Mutex<W>,
}

impl<W: Write + Send> WatchJson<W> {
    /// Objects into `out`.
    pub fn new(out: W) -> Self {
        Self { out: Mutex::new(out) }
    }
}

impl<W: Write + Send> WatchReporter for WatchJson<W> {
    fn event(&self, event: &WatchEvent) {
        let line = serde_json::to_string(event).expect("texts and numbers always serialise");
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody can be told that nobody can be told.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &WatchEvent) -> String {
        WatchLines::new(Vec::new(), Path::new("/e")).text(event).expect("a line")
    }

    #[test]
    fn a_rerun_says_what_changed_and_which_stages_it_touches() {
        let experiment = PathBuf::from("/e/cats-vs-dogs.toml");
        let changes = vec!["top.dropout 0.5 -> 0.3".to_owned()];
        let changed = WatchEvent::Changed { experiment: experiment.clone(), changes, data: false };
        assert_eq!(told(&changed), "cats-vs-dogs: top.dropout 0.5 -> 0.3");
        let run = vec!["top".to_owned(), "fine_tune".to_owned()];
        let planned = WatchEvent::Planned { experiment, cached: vec!["bottleneck".to_owned()], run };
        assert_eq!(told(&planned), "cats-vs-dogs: bottleneck cached, top, fine_tune run");
    }
}
