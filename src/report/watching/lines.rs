//! One line per event, each with the experiment it belongs to.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::text::{name, sentence};
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

    fn line(&self, event: &WatchEvent) -> Option<String> {
        let text = sentence(event, &self.folder)?;
        Some(match event.experiment() {
            Some(experiment) => format!("{}: {text}", name(experiment, &self.folder)),
            None => text,
        })
    }
}

impl<W: Write + Send> WatchReporter for WatchLines<W> {
    fn event(&self, event: &WatchEvent) {
        if let Some(line) = self.line(event) {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody can be told that nobody can be told.
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::SweepEvent;

    fn told(event: &WatchEvent) -> String {
        WatchLines::new(Vec::new(), Path::new("/e")).line(event).expect("a line")
    }

    #[test]
    fn a_rerun_says_what_changed_and_which_stages_it_touches() {
        let experiment = PathBuf::from("/e/cats-vs-dogs.toml");
        let changes = vec!["top.dropout 0.5 -> 0.3".to_owned()];
        let changed = WatchEvent::Changed { experiment: experiment.clone(), changes: changes.clone(), data: false };
        assert_eq!(told(&changed), "cats-vs-dogs: top.dropout 0.5 -> 0.3");
        let run = vec!["top".to_owned(), "fine_tune".to_owned()];
        let planned = WatchEvent::Planned { experiment, changes, cached: vec!["bottleneck".to_owned()], run };
        assert_eq!(told(&planned), "cats-vs-dogs: top.dropout 0.5 -> 0.3: bottleneck cached, top, fine_tune run");
    }

    #[test]
    fn a_long_queue_is_told_by_its_head_and_its_length() {
        let waiting = (0..1000).map(|number| PathBuf::from(format!("/e/x{number}.toml"))).collect();
        assert_eq!(told(&WatchEvent::Queue { waiting }), "1000 wait: x0, x1, x2, x3, x4, x5 and 994 more");
    }

    #[test]
    fn a_sweep_is_told_with_its_objective() {
        let (experiment, objective) = (PathBuf::from("/e/dropout.toml"), "val_loss".to_owned());
        let (name, id, path) = ("dropout".to_owned(), "0001-abcdef01".to_owned(), PathBuf::from("/r"));
        let event = SweepEvent::Frozen { name, id, path, points: 4, runs: 8, done: 2 };
        let told = told(&WatchEvent::Sweep { experiment, objective, event });
        assert_eq!(told, "dropout: sweep 0001-abcdef01: 4 points, 8 runs, 2 done");
    }
}
